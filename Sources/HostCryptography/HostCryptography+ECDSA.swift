import Crypto
public import FirmwareImage

/// A SHA-256 digest that is there already, as swift-crypto takes digests.
package struct KnownDigest: Crypto.Digest {
    package static var byteCount: Int { FirmwareImage.SHA256Digest.byteCount }
    private let bytes: [UInt8]

    package init(_ digest: FirmwareImage.SHA256Digest) {
        bytes = (0..<Self.byteCount).map { digest[$0] }
    }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }

    package func makeIterator() -> Array<UInt8>.Iterator { bytes.makeIterator() }

    package var description: String { "SHA-256" }
}

extension HostCryptography {
    /// ECDSA on P-256; see `DeviceCryptography`.
    public static func isValidECDSAP256(
        signature: RawSpan,
        digest: FirmwareImage.SHA256Digest,
        publicKey: RawSpan
    ) -> Bool {
        guard signature.byteCount == 64, publicKey.byteCount == 64 else { return false }
        let keyBytes = publicKey.withUnsafeBytes { [UInt8]($0) }
        let signatureBytes = signature.withUnsafeBytes { [UInt8]($0) }
        guard let key = try? P256.Signing.PublicKey(rawRepresentation: keyBytes),
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signatureBytes)
        else { return false }
        return key.isValidSignature(signature, for: KnownDigest(digest))
    }
}
