import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest
import Testing

/// The example envelopes of draft-ietf-suit-manifest parse and verify under the published key; what they offer to a
/// device of one component is read, or refused by name.
@Suite(.timeLimit(.minutes(15))) struct ExampleTests {
    static let all = [
        Examples.zero, Examples.one, Examples.two, Examples.three, Examples.four, Examples.five,
    ]

    private static let device = DeviceIdentity(
        vendor: DeviceIdentity.Identifier(vendorDomain: "arm.com"),
        class: identifier("1492af1425695e48bf429b2d51f2ab45"),
        productID: nil
    )

    private static func identifier(_ text: String) -> DeviceIdentity.Identifier {
        let bytes = Examples.hex(text)
        return DeviceIdentity.Identifier(bytes: bytes.span.bytes) ?? Fixture.vendor
    }

    static func anchors() throws -> TrustAnchors {
        let key = Examples.publicKey
        let anchor = TrustAnchor(.ecdsaP256, bytes: key.span.bytes)
        return TrustAnchors(try #require(anchor))
    }

    private func offer(_ envelope: [UInt8], slot: UInt32 = 0) throws -> UpdateOffer {
        var device = Self.device
        device.slot = slot
        return try Fixture.offer(envelope, anchors: Self.anchors(), device: device)
    }

    @Test(arguments: 0..<6)
    func theyVerify(number: Int) throws {
        let result = try Fixture.verify(Self.all[number], anchors: Self.anchors())
        #expect(result.sequenceNumber == UInt32(number))
        #expect(result.componentCount == [1, 1, 1, 1, 3, 2][number])
        #expect(result.signers.count == 1)
    }

    @Test(arguments: 0..<6)
    func theyDoNotUnderAnotherKey(number: Int) throws {
        let anchors = try Fixture.anchors([SigningKey(.ecdsaP256)])
        #expect(throws: ManifestError.badSignature) {
            try Fixture.verify(Self.all[number], anchors: anchors)
        }
        #expect(throws: ManifestError.unknownKey) {
            try Fixture.verify(Self.all[number], anchors: Fixture.anchors())
        }
    }

    @Test func aDownloadIsOffered() throws {
        for (envelope, uri) in [
            (Examples.one, "http://example.com/file.bin"),
            (Examples.two, "http://example.com/very/long/path/to/file/file.bin"),
        ] {
            let offer = try offer(envelope)
            #expect(String(decoding: offer.payload.uri.bytes.array, as: UTF8.self) == uri)
            #expect(offer.imageSizeBytes == 34768)
            #expect(offer.payload.sizeBytes == 34768)
            #expect(offer.payload.codec == .image)
            #expect(offer.payload.digest.matches(offer.imageDigest))
            #expect(offer.imageDigest[1] == 0x11)
            #expect(offer.version == nil)
        }
    }

    @Test func theSlotChoosesTheImage() throws {
        let first = try offer(Examples.three, slot: 0)
        #expect(first.imageSizeBytes == 34768)
        #expect(String(decoding: first.payload.uri.bytes.array, as: UTF8.self) == "http://example.com/file1.bin")
        let second = try offer(Examples.three, slot: 1)
        #expect(second.imageSizeBytes == 76834)
        #expect(String(decoding: second.payload.uri.bytes.array, as: UTF8.self) == "http://example.com/file2.bin")
        #expect(throws: ManifestError.wrongSlot) { try offer(Examples.three, slot: 2) }
    }

    @Test func whatOneComponentCannotDoIsRefusedByName() {
        #expect(throws: ManifestError.nothingToFetch) { try offer(Examples.zero) }
        #expect(throws: ManifestError.severalComponents(3)) { try offer(Examples.four) }
        #expect(throws: ManifestError.severalComponents(2)) { try offer(Examples.five) }
        #expect(throws: ManifestError.missingMember(20)) { try offer(Examples.twoSevered) }
    }

    @Test func theVendorsIdentifierIsItsDomainsUUID() {
        #expect(Fixture.vendor == Self.identifier("fa6b4a53d5ad5fdfbe9de663e4d41ffe"))
    }
}
