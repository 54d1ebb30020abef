public import FirmwareImage
public import HostCryptography
import SwiftASN1

/// The public key of a device, or of a class of devices, that content keys are encrypted to.
public struct RecipientKey: Equatable, Sendable {
    /// The key's curve.
    public let curve: AgreementCurve
    /// As `DecryptionCryptography` takes it.
    public let raw: [UInt8]

    /// The key that belongs to a private one.
    public init(_ key: HostDecryption) {
        curve = key.curve
        raw = key.publicKey
    }

    /// Reads a PEM file: SubjectPublicKeyInfo of X25519 (RFC 8410) or P-256, as openssl and imgtool write it.
    public init(pem: String) throws(KeyError) {
        let der = try AgreementKeyPEM.document(pem, kind: "PUBLIC KEY", otherwise: .isPrivate)
        if let raw = AgreementKeyPEM.contents(der, behind: AgreementKeyPEM.x25519InfoPrefix) {
            (curve, self.raw) = (.x25519, raw)
            return
        }
        guard let raw = AgreementKeyPEM.compressedPoint(der) else {
            throw .unsupportedAlgorithm("not X25519 and not P-256")
        }
        (curve, self.raw) = (.p256, raw)
    }
}

extension HostDecryption {
    /// Reads a PEM file with a private key: PKCS #8 of X25519 or P-256, as openssl and imgtool write it.
    public init(pem: String) throws(KeyError) {
        let der = try AgreementKeyPEM.document(pem, kind: "PRIVATE KEY", otherwise: .onlyPublic)
        if let raw = AgreementKeyPEM.contents(der, behind: AgreementKeyPEM.x25519PrivatePrefix) {
            guard let key = HostDecryption(.x25519, privateKey: raw) else { throw .malformed }
            self = key
            return
        }
        guard let raw = AgreementKeyPEM.p256PrivateKey(der) else {
            throw .unsupportedAlgorithm("not X25519 and not P-256")
        }
        guard let key = HostDecryption(.p256, privateKey: raw) else { throw .malformed }
        self = key
    }
}
