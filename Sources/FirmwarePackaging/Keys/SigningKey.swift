import Crypto
public import FirmwareImage
import HostCryptography

/// A private key that signs images: Ed25519, or ECDSA on P-256.
public struct SigningKey: Sendable, CustomStringConvertible {
    private enum Material: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case ecdsaP256(P256.Signing.PrivateKey)
    }

    private let material: Material

    /// A new random key.
    public init(_ algorithm: SignatureAlgorithm = .ed25519) {
        switch algorithm {
        case .ed25519: material = .ed25519(Curve25519.Signing.PrivateKey())
        case .ecdsaP256: material = .ecdsaP256(P256.Signing.PrivateKey())
        }
    }

    /// Reads a PEM file: PKCS #8, as openssl, imgtool and ``pem()`` write it, or the older `EC PRIVATE KEY` (RFC 5915).
    public init(pem: String) throws(KeyError) {
        switch try KeyPEM.read(pem) {
        case .ed25519Private(let raw):
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: raw) else { throw .malformed }
            material = .ed25519(key)
        case .p256Private(let der):
            guard let key = try? P256.Signing.PrivateKey(derRepresentation: der) else { throw .malformed }
            material = .ecdsaP256(key)
        case .ed25519Public, .p256Public:
            throw .onlyPublic
        }
    }

    /// How the key signs.
    public var algorithm: SignatureAlgorithm {
        switch material {
        case .ed25519: .ed25519
        case .ecdsaP256: .ecdsaP256
        }
    }

    /// The PKCS #8 PEM text, unencrypted.
    public func pem() throws(KeyError) -> String {
        switch material {
        case .ed25519(let key): try KeyPEM.ed25519PrivateKey(Array(key.rawRepresentation))
        case .ecdsaP256(let key): key.pemRepresentation + "\n"
        }
    }

    /// The key that verifies what this one signs.
    public var verificationKey: VerificationKey {
        switch material {
        case .ed25519(let key): VerificationKey(.ed25519, raw: Array(key.publicKey.rawRepresentation))
        case .ecdsaP256(let key): VerificationKey(.ecdsaP256, raw: Array(key.publicKey.rawRepresentation))
        }
    }

    /// A signature in both of its forms: as a TLV of an image holds it, and as 64 bytes.
    struct Signature {
        let tlv: ImageAssembler.Entry
        let raw: [UInt8]
    }

    /// Signs a digest: Ed25519 over its 32 bytes, ECDSA with it.
    func signature(of digest: FirmwareImage.SHA256Digest) throws(KeyError) -> Signature {
        do {
            switch material {
            case .ed25519(let key):
                let message = (0..<FirmwareImage.SHA256Digest.byteCount).map { digest[$0] }
                let raw = Array(try key.signature(for: message))
                return Signature(tlv: ImageAssembler.Entry(type: .ed25519, value: raw), raw: raw)
            case .ecdsaP256(let key):
                let signature = try key.signature(for: KnownDigest(digest))
                return Signature(
                    tlv: ImageAssembler.Entry(type: .ecdsa, value: Array(signature.derRepresentation)),
                    raw: Array(signature.rawRepresentation)
                )
            }
        } catch {
            throw .malformed
        }
    }

    /// Signs a message as COSE has it: Ed25519 over the message itself, ECDSA with its SHA-256.
    ///
    /// - Returns: 64 bytes: Ed25519, or r and s.
    func signature(message: [UInt8]) throws(KeyError) -> [UInt8] {
        do {
            switch material {
            case .ed25519(let key): return Array(try key.signature(for: message))
            case .ecdsaP256(let key): return Array(try key.signature(for: message).rawRepresentation)
            }
        } catch {
            throw .malformed
        }
    }

    /// Never shows the key.
    public var description: String { "<private key>" }
}

/// A public key that verifies images.
public struct VerificationKey: Equatable, Sendable {
    /// How the key signs.
    public let algorithm: SignatureAlgorithm
    /// The key as a device keeps it: see `SignatureAlgorithm`.
    public let raw: [UInt8]

    init(_ algorithm: SignatureAlgorithm, raw: [UInt8]) {
        self.algorithm = algorithm
        self.raw = raw
    }

    /// Reads a PEM file. A private key is refused: it has no business where images are only verified.
    public init(pem: String) throws(KeyError) {
        switch try KeyPEM.read(pem) {
        case .ed25519Public(let raw):
            self.init(.ed25519, raw: raw)
        case .p256Public(let der):
            guard let key = try? P256.Signing.PublicKey(derRepresentation: der) else { throw .malformed }
            self.init(.ecdsaP256, raw: Array(key.rawRepresentation))
        case .ed25519Private, .p256Private:
            throw .isPrivate
        }
    }

    /// The SubjectPublicKeyInfo PEM text.
    public func pem() throws(KeyError) -> String {
        switch algorithm {
        case .ed25519:
            return try KeyPEM.ed25519PublicKey(raw)
        case .ecdsaP256:
            guard let key = try? P256.Signing.PublicKey(rawRepresentation: raw) else { throw .malformed }
            return key.pemRepresentation + "\n"
        }
    }

    /// The key as a device keeps it.
    public func trustAnchor() throws(KeyError) -> TrustAnchor {
        guard let anchor = TrustAnchor(algorithm, bytes: raw.span.bytes) else { throw .malformed }
        return anchor
    }

    /// What an image's KEYHASH is when this key signed it: SHA-256 of the SubjectPublicKeyInfo.
    public func keyHash() throws(KeyError) -> FirmwareImage.SHA256Digest {
        try trustAnchor().keyHash(with: HostCryptography.SHA256())
    }
}
