import FirmwareImage
import FirmwarePackaging
import Testing

@Suite(.timeLimit(.minutes(15))) struct ReleaseLayoutTests {
    @Test(arguments: [
        ("0", UInt16(0)), ("7", 7), ("65535", 65535), ("65536", nil), ("07", nil), ("", nil), ("-1", nil), ("+1", nil),
        ("1 ", nil), ("1a", nil), ("99999999999999999999", nil), ("٣", nil),
    ])
    func productIDs(text: String, id: UInt16?) {
        #expect(ReleaseLayout.productID(text.utf8) == id)
    }

    @Test(arguments: [
        ("1.2.0", version(1, 2)), ("0.0.0", version(0, 0)),
        ("255.255.65535+4294967295", version(255, 255, 65535, build: 4_294_967_295)),
        ("1.2.0+4", version(1, 2, build: 4)),
        ("1.2.0+0", nil), ("1.2", nil), ("1", nil), ("1.2.3.4", nil), ("01.2.3", nil), ("1.2.3+", nil),
        ("256.0.0", nil),
        ("1.2.65536", nil), ("1.2.3+4294967296", nil), ("1..3", nil), (".1.2", nil), ("1.2.", nil), ("v1.2.3", nil),
        ("1.2.3+4+5", nil), ("1.2+3.4", nil), ("", nil),
    ])
    func versions(text: String, version: ImageVersion?) {
        #expect(ReleaseLayout.version(text.utf8) == version)
        if let version { #expect(ReleaseLayout.text(version) == text) }
    }
}

private func version(_ major: UInt8, _ minor: UInt8, _ revision: UInt16 = 0, build: UInt32 = 0) -> ImageVersion {
    ImageVersion(major: major, minor: minor, revision: revision, build: build)
}
