import SwiftASN1

/// The PEM forms of keys: `PRIVATE KEY` is PKCS #8, `PUBLIC KEY` is SubjectPublicKeyInfo (RFC 7468 § 10, § 13).
enum KeyPEM {
    enum Contents: Equatable {
        case privateKey([UInt8])
        case publicKey([UInt8])
    }

    static func privateKey(_ raw: [UInt8]) throws(KeyError) -> String {
        try document(kind: "PRIVATE KEY", Ed25519PrivateKeyInfo(privateKey: raw))
    }

    static func publicKey(_ raw: [UInt8]) throws(KeyError) -> String {
        try document(kind: "PUBLIC KEY", Ed25519PublicKeyInfo(publicKey: raw))
    }

    private static func document(kind: String, _ contents: some DERSerializable) throws(KeyError) -> String {
        var coder = DER.Serializer()
        do {
            try coder.serialize(contents)
        } catch {
            throw .malformed
        }
        return PEMDocument(type: kind, derBytes: coder.serializedBytes).pemString + "\n"
    }

    /// Reads the first key in a text.
    static func read(_ text: String) throws(KeyError) -> Contents {
        guard text.contains("-----BEGIN ") else { throw .notPEM }
        let documents: [PEMDocument]
        do {
            documents = try PEMDocument.parseMultiple(pemString: text)
        } catch {
            throw .notPEM
        }
        guard let document = documents.first(where: { $0.discriminator.hasSuffix("KEY") }) ?? documents.first else {
            throw .notPEM
        }
        switch document.discriminator {
        case "PRIVATE KEY":
            let info = try parse(document) { try Ed25519PrivateKeyInfo(derEncoded: $0) }
            guard info.algorithm == .ed25519 else { throw .notEd25519("\(info.algorithm.identifier)") }
            guard info.privateKey.count == 32 else { throw .malformed }
            return .privateKey(info.privateKey)
        case "PUBLIC KEY":
            let info = try parse(document) { try Ed25519PublicKeyInfo(derEncoded: $0) }
            guard info.algorithm == .ed25519 else { throw .notEd25519("\(info.algorithm.identifier)") }
            guard info.publicKey.count == 32 else { throw .malformed }
            return .publicKey(info.publicKey)
        case "ENCRYPTED PRIVATE KEY":
            throw .encrypted
        case "EC PRIVATE KEY", "RSA PRIVATE KEY":
            throw .notEd25519(document.discriminator)
        default:
            throw .unexpectedBlock(document.discriminator)
        }
    }

    private static func parse<Info>(_ document: PEMDocument, _ body: ([UInt8]) throws -> Info) throws(KeyError) -> Info
    {
        do {
            return try body(document.derBytes)
        } catch {
            throw .malformed
        }
    }
}
