/// How a key signs.
public enum SignatureAlgorithm: UInt8, CaseIterable, Sendable {
    /// RFC 8032; the key is its 32 raw bytes.
    case ed25519 = 1
    /// ECDSA with SHA-256 on P-256 (FIPS 186-5); the key is the point's coordinates X and Y, 32 bytes each, big-endian.
    case ecdsaP256 = 2

    /// The number of bytes of a key.
    public var keyByteCount: Int {
        switch self {
        case .ed25519: 32
        case .ecdsaP256: 64
        }
    }
}

/// A public key whose signatures this device accepts.
public struct TrustAnchor: Hashable, Sendable {
    /// How the key signs.
    public let algorithm: SignatureAlgorithm
    /// The key; a shorter one is followed by zeros.
    private let low: Bytes32
    private let high: Bytes32

    /// The number of bytes of the longest key.
    public static let maximumByteCount = 64

    /// What is in the places of a list that hold no anchor.
    static var vacant: TrustAnchor {
        TrustAnchor(algorithm: .ed25519, low: Bytes32(repeating: 0), high: Bytes32(repeating: 0))
    }

    private init(algorithm: SignatureAlgorithm, low: Bytes32, high: Bytes32) {
        self.algorithm = algorithm
        self.low = low
        self.high = high
    }

    /// Copies a key. Whether it is a point of the curve is found out when it is to verify something.
    ///
    /// - Parameters:
    ///   - algorithm: what it is a key of.
    ///   - bytes: `algorithm.keyByteCount` bytes; any other length gives `nil`.
    public init?(_ algorithm: SignatureAlgorithm = .ed25519, bytes: RawSpan) {
        guard bytes.byteCount == algorithm.keyByteCount, let low = Bytes32(bytes: bytes.extracting(first: 32)) else {
            return nil
        }
        self.algorithm = algorithm
        self.low = low
        high = Bytes32(bytes: bytes.extracting(droppingFirst: 32)) ?? Bytes32(repeating: 0)
    }

    /// The key's bytes, `algorithm.keyByteCount` of 64; zeros behind them.
    package var storage: InlineArray<64, UInt8> {
        InlineArray { $0 < 32 ? low.storage[$0] : high.storage[$0 - 32] }
    }

    /// The DER header that makes a raw Ed25519 key a SubjectPublicKeyInfo (RFC 8410 § 4):
    /// SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING (0 unused bits) } before the 32 key bytes.
    static var ed25519InfoPrefix: InlineArray<12, UInt8> {
        [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    }

    /// The same for a point of P-256 (RFC 5480 § 2): SEQUENCE { SEQUENCE { OID 1.2.840.10045.2.1, OID
    /// 1.2.840.10045.3.1.7 } BIT STRING (0 unused bits) } and the octet of an uncompressed point before the 64 key
    /// bytes.
    static var p256InfoPrefix: InlineArray<27, UInt8> {
        [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
            0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
    }

    /// SHA-256 of the key as DER SubjectPublicKeyInfo: the value of an image's KEYHASH (MCUboot `bootutil_find_key.c`).
    ///
    /// - Parameter hash: a fresh hash of the caller's library.
    /// - Returns: the digest.
    public func keyHash<Hash: SHA256Hashing>(with hash: consuming Hash) -> SHA256Digest {
        switch algorithm {
        case .ed25519:
            let prefix = Self.ed25519InfoPrefix
            hash.update(prefix.span.bytes)
        case .ecdsaP256:
            let prefix = Self.p256InfoPrefix
            hash.update(prefix.span.bytes)
        }
        let key = storage
        hash.update(key.span.bytes.extracting(first: algorithm.keyByteCount))
        return hash.finalize()
    }
}
