/// Why a key file is not a key that signs or verifies images.
public enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no PEM block in it.
    case notPEM
    /// The private key is encrypted with a passphrase.
    case encrypted
    /// The PEM block is of another kind, for example `CERTIFICATE`.
    case unexpectedBlock(String)
    /// The key is of another algorithm; the text is its object identifier.
    case unsupportedAlgorithm(String)
    /// A public key where a private one is needed.
    case onlyPublic
    /// A private key where a public one is needed.
    case isPrivate
    /// The block's contents are no key structure (RFC 8410 § 4, § 7; RFC 5480), or one of another curve.
    case malformed

    /// One line for a person, to stand after the file's name.
    public var description: String {
        switch self {
        case .notPEM:
            "is not a PEM key file; make one with: coap-fw-tool key generate KEY"
        case .encrypted:
            "is encrypted with a passphrase; decrypt it first: openssl pkey -in FILE -out KEY"
        case .unexpectedBlock(let kind):
            "holds a \(kind), not a key; give a key in PEM"
        case .unsupportedAlgorithm(let algorithm):
            "is a key of another algorithm (\(algorithm)); images are signed with Ed25519 or ECDSA on P-256"
        case .onlyPublic:
            "is a public key; signing needs the private one"
        case .isPrivate:
            "is a private key, which stays where releases are signed; give the public one, KEY.pub"
        case .malformed:
            "is damaged: its contents are no key of Ed25519 or P-256"
        }
    }
}
