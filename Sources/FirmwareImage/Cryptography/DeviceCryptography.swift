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
}
