/// A public key whose signatures this device accepts: Ed25519, raw.
public struct TrustAnchor: Hashable, Sendable {
    package let key: Bytes32

    /// The number of bytes of every anchor.
    public static let byteCount = 32

    /// Copies a raw Ed25519 public key.
    ///
    /// - Parameter bytes: exactly 32 bytes; any other length gives `nil`.
    public init?(bytes: RawSpan) {
        guard let key = Bytes32(bytes: bytes) else { return nil }
        self.key = key
    }

    /// The raw key, 32 bytes.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { key.bytes }
    }

    /// The DER header that makes a raw Ed25519 key a SubjectPublicKeyInfo (RFC 8410 § 4):
    /// SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING (0 unused bits) } before the 32 key bytes.
    static var subjectPublicKeyInfoPrefix: InlineArray<12, UInt8> {
        [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    }

    /// SHA-256 of the key as DER SubjectPublicKeyInfo: the value of an image's KEYHASH (MCUboot `bootutil_find_key.c`).
    ///
    /// - Parameter hash: a fresh hash of the caller's library.
    /// - Returns: the digest.
    public func keyHash<Hash: SHA256Hashing>(with hash: consuming Hash) -> SHA256Digest {
        let prefix = Self.subjectPublicKeyInfoPrefix
        hash.update(prefix.span.bytes)
        hash.update(key.bytes)
        return hash.finalize()
    }
}
