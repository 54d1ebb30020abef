/// A running SHA-256 (FIPS 180-4).
public protocol SHA256Hashing {
    init()
    /// Adds `bytes`, any number of them.
    mutating func update(_ bytes: RawSpan)
    /// Ends the hash. The value is not used again afterwards.
    mutating func finalize() -> SHA256Digest
}

/// What device code needs from a cryptographic library; swift-crypto on a host, the device's own elsewhere.
public protocol DeviceCryptography {
    associatedtype SHA256: SHA256Hashing

    /// Whether `signature` (64 bytes) over `message` verifies under the raw 32-byte `publicKey` (RFC 8032, Ed25519).
    ///
    /// Any other lengths and keys that are not points give `false`, never a trap.
    static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool

    /// Whether `signature` (r and s, 64 bytes) over a SHA-256 digest verifies under `publicKey` (X and Y, 64 bytes) by
    /// ECDSA on P-256 (FIPS 186-5 § 6.4.2).
    ///
    /// Any other lengths and keys that are not points of the curve give `false`, never a trap. Devices that trust no
    /// such keys leave it out: then no such signature is valid.
    static func isValidECDSAP256(signature: RawSpan, digest: SHA256Digest, publicKey: RawSpan) -> Bool
}

extension DeviceCryptography {
    /// No signature is valid: for devices without keys of this kind.
    public static func isValidECDSAP256(signature: RawSpan, digest: SHA256Digest, publicKey: RawSpan) -> Bool {
        false
    }
}

extension DeviceCryptography {
    /// The anchor whose key hash is `keyHash`; `nil`: none.
    package static func anchor(withHash keyHash: SHA256Digest, in anchors: TrustAnchors) -> TrustAnchor? {
        for index in 0..<anchors.count {
            if let anchor = anchors[index], anchor.keyHash(with: SHA256()) == keyHash { return anchor }
        }
        return nil
    }

    /// Whether `signature` over a digest verifies under a key, by the key's algorithm.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes: an Ed25519 signature, or r and s.
    ///   - digest: what was signed; Ed25519 takes its 32 bytes as the message.
    ///   - anchor: the key.
    /// - Returns: whether it does.
    package static func isValid(signature: RawSpan, digest: SHA256Digest, anchor: TrustAnchor) -> Bool {
        let key = anchor.storage
        let keyBytes = key.span.bytes.extracting(first: anchor.algorithm.keyByteCount)
        switch anchor.algorithm {
        case .ed25519:
            return isValidEd25519(signature: signature, message: digest.bytes, publicKey: keyBytes)
        case .ecdsaP256:
            return isValidECDSAP256(signature: signature, digest: digest, publicKey: keyBytes)
        }
    }
}
