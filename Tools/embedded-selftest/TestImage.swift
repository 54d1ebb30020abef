import Bootloader
import FirmwareImage

/// Images with the stand-in's "signature".
enum TestImage {
    static let productID: UInt16 = 7
    /// No multiple of a block or of the write unit.
    static let bodySizeBytes = 100_001

    /// A key, made of one byte.
    static func anchor(_ key: UInt8) -> TrustAnchor {
        let bytes = InlineArray<32, UInt8>(repeating: key)
        guard let anchor = TrustAnchor(bytes: bytes.span.bytes) else { fail("a key has 32 bytes") }
        return anchor
    }

    static func version(_ major: UInt8) -> ImageVersion {
        ImageVersion(major: major, minor: 0, revision: 0)
    }

    /// A signed image of version `major`.0.0, whose contents depend on the version.
    static func signed(_ major: UInt8, key: UInt8, counter: UInt32 = 1) -> [UInt8] {
        var body = [UInt8](repeating: 0, count: bodySizeBytes)
        var state = UInt32(major)
        for index in 0..<body.count {
            state = state &* 1_664_525 &+ 1_013_904_223
            body[index] = UInt8(truncatingIfNeeded: state >> 24)
        }
        return must("assemble an image") { () throws(ImageError) in
            let unsigned = try ImageAssembler.unsigned(
                body: body,
                version: version(major),
                protectedEntries: [.securityCounter(counter), .productID(productID)]
            )
            let digest = hash(unsigned)
            var signature = [UInt8](repeating: key, count: 64)
            for index in 0..<32 {
                signature[index] = digest[index]
            }
            return try ImageAssembler.signed(
                unsigned,
                digest: digest,
                keyHash: anchor(key).keyHash(with: StandInCryptography.SHA256()),
                signature: signature
            )
        }
    }

    /// An order to trust `next` instead of `key`, by `key`.
    static func rotation(to next: UInt8, set number: UInt32, key: UInt8) -> [UInt8] {
        let rotation = TrustRotation(
            productID: productID,
            anchors: TrustAnchors(anchor(next)),
            anchorSetNumber: number,
            signer: anchor(key).keyHash(with: StandInCryptography.SHA256())
        )
        var bytes = [UInt8](repeating: 0, count: rotation.signedByteCount)
        do {
            var span = bytes.mutableSpan
            var output = span.mutableBytes
            rotation.encode(into: &output)
        }
        let digest = hash(bytes)
        for index in 0..<64 {
            bytes.append(index < 32 ? digest[index] : key)
        }
        return bytes
    }

    static func hash(_ bytes: [UInt8]) -> SHA256Digest {
        var hash = StandInCryptography.SHA256()
        hash.update(bytes.span.bytes)
        return hash.finalize()
    }
}
