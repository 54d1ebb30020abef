import FirmwareImage
import Testing

/// The byte maps in the doc comments, held to the code.
@Suite(.timeLimit(.minutes(15))) struct ByteMapTests {
    @Test func imageHeader() throws {
        let header = ImageHeader(
            version: ImageVersion(major: 0x14, minor: 0x15, revision: 0x1617, build: 0x1819_1A1B),
            bodySizeBytes: 0x0C0D_0E0F,
            headerSizeBytes: 0x0809,
            protectedTLVSizeBytes: 0x0A0B,
            flags: ImageFlags(rawValue: 0x1011_1213),
            loadAddress: 0x0405_0607
        )
        var bytes = [UInt8](repeating: 0xEE, count: 33)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        try header.encode(into: &raw)
        #expect(
            hex(bytes) == "3db8f396" + "07060504" + "0908" + "0b0a" + "0f0e0d0c" + "13121110" + "1415" + "1716"
                + "1b1a1918" + "00000000" + "ee"
        )
        let decoded = try ImageHeader(decoding: bytes.span.bytes)
        #expect(decoded == header)
    }

    @Test func tlvArea() throws {
        let area = try ImageAssembler.area(
            isProtected: true,
            [.productID(0x1234), .securityCounter(0x0102_0304)]
        )
        #expect(hex(area) == "0869" + "1200" + "a000" + "0200" + "3412" + "5000" + "0400" + "04030201")
        #expect(try hex(ImageAssembler.area(isProtected: false, [])) == "0769" + "0400")
        let decoded = TLVAreaHeader(decoding: area.span.bytes)
        #expect(decoded == TLVAreaHeader(isProtected: true, sizeBytes: 18))
    }

    @Test func headersThatAreNone() throws {
        let short = [UInt8](repeating: 0, count: 31)
        #expect(throws: ImageError.truncated) { _ = try ImageHeader(decoding: short.span.bytes) }
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(throws: ImageError.notAnImage) { try ImageHeader(decoding: zeros.span.bytes) }
        var image = try TestSigner().image()
        image[8] = 31
        #expect(throws: ImageError.headerSize(31)) { try ImageHeader(decoding: image.span.bytes) }
        for area in ["", "0769", "076903", "07690300", "09690400", "07680400"] {
            let decoded = TLVAreaHeader(decoding: bytes(hex: area).span.bytes)
            #expect(decoded == nil, "\(area)")
        }
    }

    @Test(
        arguments: [
            ("1.2.3+4", ImageVersion(major: 1, minor: 2, revision: 3, build: 4)),
            ("0.0.0", ImageVersion(major: 0, minor: 0, revision: 0)),
            ("255.255.65535+4294967295", ImageVersion(major: 255, minor: 255, revision: 65535, build: .max)),
            ("2026.0.0", nil), ("256.0.0", nil), ("1.256.0", nil), ("1.0.65536", nil), ("1.0.0+4294967296", nil),
            ("1", ImageVersion(major: 1, minor: 0, revision: 0)),
            ("1.5", ImageVersion(major: 1, minor: 5, revision: 0)),
            ("7+9", ImageVersion(major: 7, minor: 0, revision: 0, build: 9)),
            ("", nil), ("1.", nil), (".1", nil), ("1..2", nil), ("1.2.3.4", nil), ("1.2.3+", nil), ("1+2+3", nil),
            ("1.2.3-rc", nil), (" 1.2.3", nil), ("+1", nil), ("-1.0.0", nil), ("00000000001.0.0", nil),
            ("01.002.0003", ImageVersion(major: 1, minor: 2, revision: 3)),
            ("18446744073709551617.0.0", nil),
        ] as [(String, ImageVersion?)]
    )
    func version(text: String, expected: ImageVersion?) {
        let version = ImageVersion(parsing: Array(text.utf8).span.bytes)
        #expect(version == expected)
    }

    @Test func versionOrder() {
        let ascending = [
            ImageVersion(major: 0, minor: 0, revision: 0, build: .max),
            ImageVersion(major: 0, minor: 0, revision: 1),
            ImageVersion(major: 0, minor: 1, revision: 0),
            ImageVersion(major: 0, minor: 255, revision: .max, build: .max),
            ImageVersion(major: 1, minor: 0, revision: 0),
            ImageVersion(major: 1, minor: 0, revision: 0, build: 1),
        ]
        for (index, version) in ascending.enumerated() {
            for (other, otherVersion) in ascending.enumerated() {
                #expect((version < otherVersion) == (index < other))
            }
        }
    }
}
