import Crypto
import CryptoExtras
public import FirmwareImage

/// Decryption by swift-crypto, with the private keys of a device, or of somebody who sends to one.
public struct HostDecryption: DecryptionCryptography, Sendable, CustomStringConvertible {
    private let x25519: Curve25519.KeyAgreement.PrivateKey?
    private let p256: P256.KeyAgreement.PrivateKey?

    /// A device with one key of 32 bytes; `nil` if it is none of the curve.
    public init?(_ curve: AgreementCurve, privateKey: [UInt8]) {
        switch curve {
        case .x25519:
            guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateKey) else { return nil }
            (x25519, p256) = (key, nil)
        case .p256:
            guard let key = try? P256.KeyAgreement.PrivateKey(rawRepresentation: privateKey) else { return nil }
            (x25519, p256) = (nil, key)
        }
    }

    /// A new random key.
    public init(_ curve: AgreementCurve) {
        switch curve {
        case .x25519: (x25519, p256) = (Curve25519.KeyAgreement.PrivateKey(), nil)
        case .p256: (x25519, p256) = (nil, P256.KeyAgreement.PrivateKey(compactRepresentable: false))
        }
    }

    /// The curve of the key.
    public var curve: AgreementCurve { x25519 == nil ? .p256 : .x25519 }

    /// The public key as ``DecryptionCryptography`` takes it: `curve.keyByteCount` bytes.
    public var publicKey: [UInt8] {
        if let x25519 { return Array(x25519.publicKey.rawRepresentation) }
        if let p256 { return Array(p256.publicKey.compressedRepresentation) }
        return []
    }

    /// The public key as other formats have it: 32 bytes, or an uncompressed point of 65.
    public var publicPoint: [UInt8] {
        p256.map { Array($0.publicKey.x963Representation) } ?? publicKey
    }

    /// The private key, 32 bytes.
    public var privateKey: [UInt8] {
        if let x25519 { return Array(x25519.rawRepresentation) }
        if let p256 { return Array(p256.rawRepresentation) }
        return []
    }

    /// Never shows the key.
    public var description: String { "<private key>" }

    private func secret(_ curve: AgreementCurve, _ publicKey: [UInt8]) throws -> SharedSecret? {
        switch curve {
        case .x25519:
            try x25519?.sharedSecretFromKeyAgreement(
                with: Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey)
            )
        case .p256:
            try p256?.sharedSecretFromKeyAgreement(
                with: P256.KeyAgreement.PublicKey(compressedRepresentation: publicKey)
            )
        }
    }

    /// ECDH and HKDF; see `DecryptionCryptography`.
    public func deriveKey(
        _ curve: AgreementCurve,
        publicKey: RawSpan,
        info: RawSpan,
        into output: inout MutableRawSpan
    ) -> Bool {
        guard publicKey.byteCount == curve.keyByteCount,
            let secret = try? secret(curve, publicKey.withUnsafeBytes { [UInt8]($0) })
        else { return false }
        let key = secret.hkdfDerivedSymmetricKey(
            using: Crypto.SHA256.self,
            salt: [UInt8](),
            sharedInfo: info.withUnsafeBytes { [UInt8]($0) },
            outputByteCount: output.byteCount
        )
        key.withUnsafeBytes { bytes in output.withUnsafeMutableBytes { $0.copyMemory(from: bytes) } }
        return true
    }

    /// RFC 3394; see `DecryptionCryptography`.
    public func unwrapKey(_ wrapped: RawSpan, key: RawSpan, into output: inout MutableRawSpan) -> Bool {
        let wrapping = SymmetricKey(data: key.withUnsafeBytes { [UInt8]($0) })
        guard let key = try? AES.KeyWrap.unwrap(wrapped.withUnsafeBytes { [UInt8]($0) }, using: wrapping),
            key.bitCount == output.byteCount * 8
        else { return false }
        key.withUnsafeBytes { bytes in output.withUnsafeMutableBytes { $0.copyMemory(from: bytes) } }
        return true
    }

    /// RFC 3394: the other way round, for who sends.
    ///
    /// - Parameters:
    ///   - plain: the key to wrap, 16 bytes.
    ///   - key: the key that wraps, 16 bytes.
    /// - Returns: 24 bytes; empty if a length is none of a key.
    public static func wrapKey(_ plain: [UInt8], key: [UInt8]) -> [UInt8] {
        let wrapped = try? AES.KeyWrap.wrap(SymmetricKey(data: plain), using: SymmetricKey(data: key))
        return wrapped.map { Array($0) } ?? []
    }

    /// AES in counter mode; see `DecryptionCryptography`.
    public func applyAES128CTR(_ bytes: inout MutableRawSpan, key: RawSpan, counter: RawSpan) {
        guard key.byteCount == 16, counter.byteCount == 16 else {
            preconditionFailure("AES-128 in counter mode takes a key and a counter of 16 bytes")
        }
        let symmetric = SymmetricKey(data: key.withUnsafeBytes { [UInt8]($0) })
        let plain = bytes.withUnsafeMutableBytes { [UInt8]($0) }
        guard let nonce = try? AES._CTR.Nonce(nonceBytes: counter.withUnsafeBytes { [UInt8]($0) }),
            let result = try? AES._CTR.encrypt(plain, using: symmetric, nonce: nonce)
        else { preconditionFailure("keys and counters of 16 bytes are taken") }
        bytes.withUnsafeMutableBytes { _ = result.copyBytes(to: $0) }
    }

    /// HMAC; see `DecryptionCryptography`.
    public func isValidHMACSHA256(_ code: RawSpan, message: RawSpan, key: RawSpan) -> Bool {
        HMAC<Crypto.SHA256>.isValidAuthenticationCode(
            code.withUnsafeBytes { [UInt8]($0) },
            authenticating: message.withUnsafeBytes { [UInt8]($0) },
            using: SymmetricKey(data: key.withUnsafeBytes { [UInt8]($0) })
        )
    }

    /// HMAC with SHA-256, for who sends.
    public static func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMAC<Crypto.SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }
}
