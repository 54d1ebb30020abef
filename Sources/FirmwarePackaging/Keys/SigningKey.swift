import Crypto
import FirmwareImage
import HostCryptography

/// A private Ed25519 key that signs images.
public struct SigningKey: Sendable, CustomStringConvertible {
    private let key: Curve25519.Signing.PrivateKey

    /// A new random key.
    public init() {
        key = Curve25519.Signing.PrivateKey()
    }

    /// Reads a PKCS #8 PEM file, as openssl, imgtool and ``pem()`` write it.
    public init(pem: String) throws(KeyError) {
        guard case .privateKey(let raw) = try KeyPEM.read(pem) else { throw .onlyPublic }
        do {
            key = try Curve25519.Signing.PrivateKey(rawRepresentation: raw)
        } catch {
            throw .malformed
        }
    }

    /// The PKCS #8 PEM text, unencrypted.
    public func pem() throws(KeyError) -> String {
        try KeyPEM.privateKey(Array(key.rawRepresentation))
    }

    /// The key that verifies what this one signs.
    public var verificationKey: VerificationKey {
        VerificationKey(raw: Array(key.publicKey.rawRepresentation))
    }

    /// Signs a digest: Ed25519 over its 32 bytes.
    func signature(of digest: FirmwareImage.SHA256Digest) throws(KeyError) -> [UInt8] {
        let message = (0..<FirmwareImage.SHA256Digest.byteCount).map { digest[$0] }
        do {
            return Array(try key.signature(for: message))
        } catch {
            throw .malformed
        }
    }

    /// Never shows the key.
    public var description: String { "<Ed25519 private key>" }
}

/// A public Ed25519 key that verifies images.
public struct VerificationKey: Equatable, Sendable {
    /// The 32 bytes.
    public let raw: [UInt8]

    init(raw: [UInt8]) {
        self.raw = raw
    }

    /// Reads a PEM file: a public key, or a private one, of which the public part is taken.
    public init(pem: String) throws(KeyError) {
        switch try KeyPEM.read(pem) {
        case .publicKey(let raw): self.raw = raw
        case .privateKey: self = try SigningKey(pem: pem).verificationKey
        }
    }

    /// The SubjectPublicKeyInfo PEM text.
    public func pem() throws(KeyError) -> String {
        try KeyPEM.publicKey(raw)
    }

    /// The key as a device keeps it.
    public func trustAnchor() throws(KeyError) -> TrustAnchor {
        guard let anchor = TrustAnchor(bytes: raw.span.bytes) else { throw .malformed }
        return anchor
    }

    /// What an image's KEYHASH is when this key signed it: SHA-256 of the SubjectPublicKeyInfo.
    public func keyHash() throws(KeyError) -> FirmwareImage.SHA256Digest {
        try trustAnchor().keyHash(with: HostCryptography.SHA256())
    }
}
