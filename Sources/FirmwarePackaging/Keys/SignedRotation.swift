import Bootloader
import FirmwareImage
import HostCryptography

/// Makes rotation files: other keys for devices to trust, signed by one that they trust now (`TrustRotation`).
public enum SignedRotation {
    /// Signs a rotation.
    ///
    /// - Parameters:
    ///   - keys: 1…4 keys to trust instead of those before.
    ///   - anchorSetNumber: of that set; 1 for devices as they left the factory.
    ///   - productID: the product whose devices it is for; `nil`: any that trust the signer.
    ///   - signer: a key of the set before.
    /// - Returns: the file's bytes.
    /// - Throws: ``KeyError``.
    public static func make(
        keys: [VerificationKey],
        anchorSetNumber: UInt32,
        productID: UInt16?,
        signer: SigningKey
    ) throws(KeyError) -> [UInt8] {
        precondition((1...TrustAnchors.capacity).contains(keys.count), "a set has 1…4 keys")
        var anchors = TrustAnchors()
        for key in keys { _ = anchors.append(try key.trustAnchor()) }
        let rotation = TrustRotation(
            productID: productID,
            anchors: anchors,
            anchorSetNumber: anchorSetNumber,
            signer: try signer.verificationKey.keyHash()
        )
        var bytes = [UInt8](repeating: 0, count: rotation.signedByteCount)
        do {
            var span = bytes.mutableSpan
            var output = span.mutableBytes
            rotation.encode(into: &output)
        }
        var hash = HostCryptography.SHA256()
        hash.update(bytes.span.bytes)
        return try bytes + signer.signature(of: hash.finalize()).raw
    }
}
