/// The curves of device keys that content keys are encrypted to.
public enum AgreementCurve: UInt8, CaseIterable, Sendable {
    /// RFC 7748; a public key is its 32 bytes.
    case x25519 = 1
    /// NIST P-256; a public key is a compressed point of 33 bytes: 2 or 3, then X (SEC 1 § 2.3.3).
    case p256 = 2

    /// The number of bytes of a public key.
    public var keyByteCount: Int {
        switch self {
        case .x25519: 32
        case .p256: 33
        }
    }
}

/// What decrypting firmware needs from a cryptographic library, and the device's private key, which stays in there.
/// swift-crypto on a host, the device's own elsewhere.
public protocol DecryptionCryptography {
    /// Agrees on a secret with `publicKey` (ECDH) and derives bytes from it (HKDF with SHA-256, RFC 5869, no salt).
    ///
    /// - Parameters:
    ///   - curve: of the device's key and the other.
    ///   - publicKey: the sender's, `curve.keyByteCount` bytes.
    ///   - info: HKDF's context.
    ///   - output: filled; 16 or 48 bytes.
    /// - Returns: `false`: the device has no key of this curve, or the other is no valid one. Never a trap.
    func deriveKey(
        _ curve: AgreementCurve,
        publicKey: RawSpan,
        info: RawSpan,
        into output: inout MutableRawSpan
    ) -> Bool

    /// Unwraps a key of 16 bytes (AES Key Wrap with a key of 128 bits, RFC 3394).
    ///
    /// - Parameters:
    ///   - wrapped: 24 bytes.
    ///   - key: the key that wraps, 16 bytes.
    ///   - output: 16 bytes, filled.
    /// - Returns: `false` if the check value is not right.
    func unwrapKey(_ wrapped: RawSpan, key: RawSpan, into output: inout MutableRawSpan) -> Bool

    /// Encrypts or decrypts in place by AES-128 in counter mode; the counter is all 16 bytes, big-endian.
    ///
    /// - Parameters:
    ///   - bytes: any number of them.
    ///   - key: 16 bytes.
    ///   - counter: 16 bytes: the counter of the first block.
    func applyAES128CTR(_ bytes: inout MutableRawSpan, key: RawSpan, counter: RawSpan)

    /// Whether `code` (32 bytes) is the HMAC with SHA-256 of a message; compared in constant time.
    func isValidHMACSHA256(_ code: RawSpan, message: RawSpan, key: RawSpan) -> Bool
}
