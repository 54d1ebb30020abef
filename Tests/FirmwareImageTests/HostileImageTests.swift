import FirmwareImage
import HostCryptography
import SeededRandom
import Testing

/// Images that are none, each for one reason.
@Suite(.timeLimit(.minutes(15))) struct HostileImageTests {
    let signer: TestSigner
    let anchors: TrustAnchors
    let image: [UInt8]

    init() throws {
        signer = try TestSigner()
        anchors = try signer.anchors
        image = try signer.image()
    }

    /// Offsets in `ImgtoolTests.withProduct`: body 32…131, protected area 132…141, unprotected area 142…285.
    private static let protectedArea = 132
    private static let unprotectedArea = 142

    private func changed(_ offset: Int, _ replacement: [UInt8]) -> [UInt8] {
        var image = image
        image.replaceSubrange(offset..<offset + replacement.count, with: replacement)
        return image
    }

    @Test func truncatedEverywhere() {
        for count in 0..<image.count {
            let error = verify(Array(image[..<count]), anchors: anchors).error
            #expect(error == .truncated, "\(count) bytes gave \(String(describing: error))")
        }
    }

    @Test func everyBitMatters() {
        // Every bit that the digest covers, and every bit of the rest but the value of an unused length.
        for bit in 0..<image.count * 8 {
            var flipped = image
            flipped[bit / 8] ^= 1 << (bit % 8)
            #expect(verify(flipped, anchors: anchors).error != nil, "bit \(bit % 8) of byte \(bit / 8)")
        }
    }

    @Test(
        arguments: [
            ("another magic", 0, [0x3C], .notAnImage),
            ("header size below 32", 8, [31, 0], .headerSize(31)),
            ("header size past the end", 8, [0xFF, 0xFF], .truncated),
            ("body size past the end", 12, [0xFF, 0xFF, 0xFF, 0xFF], .truncated),
            ("body size so that the sum is past 32 bits", 12, [0xE0, 0xFF, 0xFF, 0xFF], .truncated),
            ("protected size past the end", 10, [0xFF, 0xFF], .truncated),
            ("protected size without an area", 10, [0, 0], .malformedTLVArea),
            ("protected size below its header", 10, [3, 0], .malformedTLVArea),
            ("protected size other than the area's", 10, [9, 0], .malformedTLVArea),
            ("encrypted", 16, [0x04], .unsupportedFlags(0x04)),
            ("non-bootable", 16, [0x10], .unsupportedFlags(0x10)),
            ("to be loaded to RAM", 16, [0x20], .unsupportedFlags(0x20)),
            ("compressed", 17, [0x04], .unsupportedFlags(0x400)),
            ("an unknown flag", 19, [0x80], .unsupportedFlags(0x8000_0000)),
            ("protected area is marked unprotected", protectedArea, [0x07], .malformedTLVArea),
            ("unprotected area is marked protected", unprotectedArea, [0x08], .malformedTLVArea),
            ("areas' sizes below their header", unprotectedArea + 2, [3, 0], .malformedTLVArea),
            ("unprotected size past the end", unprotectedArea + 2, [0x91, 0], .truncated),
            ("unprotected size in the middle of an entry", unprotectedArea + 2, [0x8F, 0], .malformedTLV(type: 0x24)),
            ("one byte of an entry left", unprotectedArea + 2, [0x4D, 0], .malformedTLVArea),
            ("an entry past its area", protectedArea + 6, [3, 0], .malformedTLV(type: 0xA0)),
            ("an entry of the greatest length", protectedArea + 6, [0xFF, 0xFF], .malformedTLV(type: 0xA0)),
            ("a product of one byte", protectedArea + 6, [1, 0], .malformedTLV(type: 0xA0)),
            ("a product of no byte and a half entry", protectedArea + 6, [0, 0], .malformedTLV(type: 0xA0)),
            ("no digest", unprotectedArea + 4, [0x11], .missingDigest),
            ("digest of another image", unprotectedArea + 8, [0], .digestMismatch),
            ("body changed", 40, [0], .digestMismatch),
            ("version changed", 20, [9], .digestMismatch),
            ("product changed", protectedArea + 8, [8], .wrongProduct(found: 8, expected: 7)),
            ("key hash of nobody", unprotectedArea + 44, [0], .unknownKey),
            ("signature changed", unprotectedArea + 80, [0], .badSignature),
            ("signature of another kind", unprotectedArea + 76, [0x22], .unknownKey),
            ("key hash unprotected entry nobody allows", unprotectedArea + 40, [0x50], .unprotectedTLV(type: 0x50)),
        ] as [(String, Int, [UInt8], ImageError)]
    )
    func field(_ name: String, offset: Int, bytes: [UInt8], expected: ImageError) {
        #expect(verify(changed(offset, bytes), anchors: anchors).error == expected, "\(name)")
    }

    @Test func keysAndProducts() throws {
        let stranger = try TestSigner(first: 77)
        #expect(verify(image, anchors: try stranger.anchors).error == .unknownKey)
        #expect(verify(image, anchors: TrustAnchors()).error == .unknownKey)
        var both = try stranger.anchors
        #expect(both.append(try signer.anchor))
        #expect(verify(image, anchors: both).error == nil)
        #expect(verify(image, anchors: anchors, product: 8).error == .wrongProduct(found: 7, expected: 8))
        #expect(verify(image, anchors: anchors, product: nil).error == nil)
        let anonymous = try signer.image(entries: [])
        #expect(verify(anonymous, anchors: anchors).error == .missingProduct(expected: 7))

        // The trusted key's hash beside a stranger's signature.
        let unsigned = try ImageAssembler.unsigned(
            body: TestSigner.body,
            version: ImageVersion(major: 1, minor: 0, revision: 0),
            protectedEntries: [.productID(7)]
        )
        let digest = signer.digest(unsigned)
        let forged = try ImageAssembler.signed(
            unsigned,
            digest: digest,
            keyHash: signer.anchor.keyHash(with: HostCryptography.SHA256()),
            signature: stranger.signature(over: digest)
        )
        #expect(verify(forged, anchors: both).error == .badSignature)
    }

    @Test func entriesTwice() throws {
        for entries in [
            [ImageAssembler.Entry.productID(7), .productID(7)],
            [.productID(7), .securityCounter(1), .securityCounter(1)],
            [.productID(7), .init(type: .sha256, value: [UInt8](repeating: 1, count: 32))],
        ] {
            let twice = try signer.image(entries: entries)
            let type = try #require(entries.last).type.rawValue
            #expect(verify(twice, anchors: anchors).error == .duplicateTLV(type: type))
        }
    }

    @Test func unprotectedProductIsNotBelieved() throws {
        let unsigned = try ImageAssembler.unsigned(
            body: TestSigner.body,
            version: ImageVersion(major: 1, minor: 0, revision: 0)
        )
        let image = try unsigned + ImageAssembler.area(isProtected: false, [.productID(7)])
        #expect(verify(image, anchors: anchors).error == .unprotectedTLV(type: 0xA0))
    }

    @Test func severalSignatures() throws {
        let stranger = try TestSigner(first: 77)
        let unsigned = try ImageAssembler.unsigned(
            body: TestSigner.body,
            version: ImageVersion(major: 1, minor: 0, revision: 0),
            protectedEntries: [.productID(7)]
        )
        let digest = signer.digest(unsigned)
        let digestBytes = (0..<32).map { digest[$0] }
        func pair(_ signer: TestSigner) throws -> [ImageAssembler.Entry] {
            let keyHash = try signer.anchor.keyHash(with: HostCryptography.SHA256())
            return [
                .init(type: .keyHash, value: (0..<32).map { keyHash[$0] }),
                .init(type: .ed25519, value: try signer.signature(over: digest)),
            ]
        }
        func image(_ entries: [ImageAssembler.Entry]) throws -> [UInt8] {
            try unsigned
                + ImageAssembler.area(isProtected: false, [.init(type: .sha256, value: digestBytes)] + entries)
        }
        #expect(verify(try image(pair(stranger) + pair(signer)), anchors: anchors).error == nil)
        #expect(verify(try image(pair(signer) + pair(stranger)), anchors: anchors).error == nil)
        #expect(verify(try image(pair(stranger)), anchors: anchors).error == .unknownKey)
        #expect(verify(try image([]), anchors: anchors).error == .unknownKey)
        // A signature that no key hash stands before is nobody's.
        #expect(verify(try image([pair(signer)[1]]), anchors: anchors).error == .unknownKey)
        #expect(verify(try image([pair(signer)[1], pair(signer)[0]]), anchors: anchors).error == .unknownKey)
        // Nor does one key hash serve two signatures.
        var broken = try pair(signer)
        broken[1].value[0] ^= 1
        #expect(verify(try image(broken + [pair(signer)[1]]), anchors: anchors).error == .badSignature)
        // Nor is a signature by the key that was named before an RSA signature, which is of another key.
        let rsa = ImageAssembler.Entry(type: .rsa2048, value: [UInt8](repeating: 1, count: 256))
        let between = try image([pair(signer)[0], rsa, pair(signer)[1]])
        #expect(verify(between, anchors: anchors).error == .unknownKey)
        // Tries are bounded.
        let many = try image(Array(repeating: broken, count: 5).flatMap { $0 } + pair(signer))
        #expect(verify(many, anchors: anchors).error == .badSignature)
    }

    /// Signed, and consistent but for that: whatever the area says, what follows it begins where the header says.
    @Test(arguments: [4, 6, 14, 46] as [UInt8])
    func theProtectedAreaSaysAnotherSizeThanTheHeader(size: UInt8) throws {
        var unsigned = try ImageAssembler.unsigned(
            body: TestSigner.body,
            version: ImageVersion(major: 1, minor: 0, revision: 0),
            protectedEntries: [.productID(7)]
        )
        // Magic, size, and one entry of four and two bytes.
        unsigned[unsigned.count - 8] = size
        let digest = signer.digest(unsigned)
        let image = try ImageAssembler.signed(
            unsigned,
            digest: digest,
            keyHash: signer.anchor.keyHash(with: HostCryptography.SHA256()),
            signature: signer.signature(over: digest)
        )
        #expect(verify(image, anchors: anchors, product: nil).error == .malformedTLVArea)
    }

    @Test func manyEntries() throws {
        let filler = ImageAssembler.Entry(type: .bootRecord, value: [])
        let atLimit = try signer.image(entries: [.productID(7)] + Array(repeating: filler, count: 60))
        #expect(verify(atLimit, anchors: anchors).error == nil)
        let past = try signer.image(entries: [.productID(7)] + Array(repeating: filler, count: 61))
        #expect(verify(past, anchors: anchors).error == .tooManyTLVs)
    }

    @Test func emptyAndLargeBodies() throws {
        #expect(verify(try signer.image(body: []), anchors: anchors).error == nil)
        for count in [1023, 1024, 1025, 70_000] {
            let image = try signer.image(body: [UInt8](repeating: 0xA5, count: count))
            #expect(verify(image, anchors: anchors).error == nil, "\(count)")
        }
    }

    @Test func unreadableSource() throws {
        struct Broken: ByteSource {
            var byteCount: UInt32 { 1000 }
            mutating func read(at offset: UInt32, into buffer: inout MutableRawSpan) throws(ByteSourceError) {
                throw .unreadable(5)
            }
        }
        var source = Broken()
        #expect(throws: ImageError.source(.unreadable(5))) {
            try Verifier.verify(&source, anchors: anchors, expectedProduct: nil)
        }
    }

    /// Mutations of a good image, structure fields more often than others: no trap, and whatever verifies is the image.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func mutated(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let original = try verify(image, anchors: anchors).get()
        for _ in 0..<1000 {
            var mutant = image
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let offset =
                    Bool.random(using: &random)
                    ? [
                        8, 9, 10, 11, 12, 13, 14, 15, 132, 133, 134, 135, 136, 137, 138, 139, 142, 143, 144, 145, 146,
                        147, 148, 149, 182, 183, 184, 185, 218, 219, 220, 221,
                    ].randomElement(using: &random) ?? 0
                    : Int.random(in: 0..<mutant.count, using: &random)
                mutant[offset] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            if Bool.random(using: &random) {
                mutant = Array(mutant.prefix(Int.random(in: 0...mutant.count, using: &random)))
            }
            if case .success(let verified) = verify(mutant, anchors: anchors) {
                #expect(verified == original, "seed \(seed)")
                #expect(mutant.starts(with: image), "seed \(seed)")
            }
        }
    }
}
