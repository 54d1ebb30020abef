import Bootloader
import FirmwareImage
import FlashEmulator
import SeededRandom
import Testing

/// Images signed for `StubCryptography` and the trust record that accepts them.
enum TestImages {
    static let product: UInt16 = 7

    static var key: [UInt8] { (0..<32).map { $0 + 1 } }

    static func trust() throws -> TrustRecord {
        let anchor = TrustAnchor(bytes: key.span.bytes)
        return TrustRecord(productID: product, anchors: TrustAnchors(try #require(anchor)))
    }

    /// An image of `bodyBytes` bytes of body that depend on the version.
    static func image(
        _ version: ImageVersion,
        bodyBytes: Int,
        product: UInt16 = product,
        counter: UInt32? = nil,
        key: [UInt8] = key
    ) throws -> [UInt8] {
        var random = SplitMix64(seed: version.ordinal)
        let body = (0..<bodyBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        let unsigned = try ImageAssembler.unsigned(
            body: body,
            version: version,
            protectedEntries: (counter.map { [.securityCounter($0)] } ?? []) + [.productID(product)]
        )
        var hash = StubCryptography.SHA256()
        hash.update(unsigned.span.bytes)
        let digest = hash.finalize()
        let anchor = TrustAnchor(bytes: key.span.bytes)
        return try ImageAssembler.signed(
            unsigned,
            digest: digest,
            keyHash: try #require(anchor).keyHash(with: StubCryptography.SHA256()),
            signature: StubCryptography.signature(over: digest.bytes, key: key.span.bytes)
        )
    }
}

extension ImageVersion {
    static let v1 = ImageVersion(major: 1, minor: 0, revision: 0)
    static let v2 = ImageVersion(major: 2, minor: 0, revision: 0)
    static let v3 = ImageVersion(major: 3, minor: 0, revision: 0)
}
