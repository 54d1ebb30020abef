import SwiftASN1

/// The PEM forms of keys: `PRIVATE KEY` is PKCS #8, `PUBLIC KEY` is SubjectPublicKeyInfo (RFC 7468 § 10, § 13).
enum KeyPEM {
    enum Contents: Equatable {
        /// 32 bytes.
        case ed25519Private([UInt8])
        case ed25519Public([UInt8])
        /// DER: PKCS #8 or RFC 5915's structure, and SubjectPublicKeyInfo.
        case p256Private([UInt8])
        case p256Public([UInt8])
    }

    static func ed25519PrivateKey(_ raw: [UInt8]) throws(KeyError) -> String {
        try document(kind: "PRIVATE KEY", Ed25519PrivateKeyInfo(privateKey: raw))
    }

    static func ed25519PublicKey(_ raw: [UInt8]) throws(KeyError) -> String {
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
            switch info.algorithm {
            case .ed25519 where info.privateKey.count == 32: return .ed25519Private(info.privateKey)
            case .ellipticCurve: return .p256Private(document.derBytes)
            case .ed25519: throw .malformed
            default: throw .unsupportedAlgorithm("\(info.algorithm.identifier)")
            }
        case "PUBLIC KEY":
            let info = try parse(document) { try Ed25519PublicKeyInfo(derEncoded: $0) }
            switch info.algorithm {
            case .ed25519 where info.publicKey.count == 32: return .ed25519Public(info.publicKey)
            case .ellipticCurve: return .p256Public(document.derBytes)
            case .ed25519: throw .malformed
            default: throw .unsupportedAlgorithm("\(info.algorithm.identifier)")
            }
        case "EC PRIVATE KEY":
            return .p256Private(document.derBytes)
        case "ENCRYPTED PRIVATE KEY":
            throw .encrypted
        case "RSA PRIVATE KEY":
            throw .unsupportedAlgorithm(document.discriminator)
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
