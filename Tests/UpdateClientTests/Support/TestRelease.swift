import Bootloader
import Crypto
import FirmwareImage
import HostCryptography
import Testing

/// Signed images as `release` publishes them.
enum TestRelease {
    static func key(_ number: UInt8 = 1) throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: number, count: 32))
    }

    static func anchor(_ number: UInt8 = 1) throws -> TrustAnchor {
        let raw = Array(try key(number).publicKey.rawRepresentation)
        let anchor = TrustAnchor(bytes: raw.span.bytes)
        return try #require(anchor)
    }

    static func version(_ text: StaticString) throws -> ImageVersion {
        let bytes = Array("\(text)".utf8)
        let version = ImageVersion(parsing: bytes.span.bytes)
        return try #require(version)
    }

    /// A signed image, some 200 bytes longer than its binary, which is made of the seed.
    static func image(
        version: StaticString,
        bodyBytes: Int = 20_000,
        productID: UInt16? = 7,
        securityCounter: UInt32? = nil,
        key number: UInt8 = 1,
        seed: UInt64 = 1
    ) throws -> [UInt8] {
        var state = seed
        let body = (0..<bodyBytes).map { index -> UInt8 in
            // Some blocks are all 0xFF, as padding in real binaries is.
            if (index / 1024) % 5 == 3 { return 0xFF }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let unsigned = try ImageAssembler.unsigned(
            body: body,
            version: Self.version(version),
            protectedEntries: [securityCounter.map { .securityCounter($0) }, productID.map { .productID($0) }]
                .compactMap { $0 }
        )
        var hash = HostCryptography.SHA256()
        hash.update(unsigned.span.bytes)
        let digest = hash.finalize()
        let signature = try key(number).signature(for: (0..<32).map { digest[$0] })
        return try ImageAssembler.signed(
            unsigned,
            digest: digest,
            keyHash: anchor(number).keyHash(with: HostCryptography.SHA256()),
            signature: Array(signature)
        )
    }

    /// The ETag that the server gives: the first 8 bytes of the payload's SHA-256.
    static func etag(_ payload: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: payload).prefix(8))
    }
}
