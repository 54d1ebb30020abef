import Crypto
import SwiftASN1

/// PEM files of keys for key agreement.
enum AgreementKeyPEM {
    /// SEQUENCE { SEQUENCE { OID 1.3.101.110 } BIT STRING } before the 32 bytes of a public key (RFC 8410 § 4).
    static let x25519InfoPrefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x03, 0x21, 0x00]
    /// SEQUENCE { 0, SEQUENCE { OID 1.3.101.110 } OCTET STRING { OCTET STRING } } before the 32 bytes of a private key
    /// (RFC 8410 § 7), as all write it who add no attributes.
    static let x25519PrivatePrefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x04, 0x22, 0x04, 0x20,
    ]

    /// The first block of a text, decoded.
    ///
    /// - Parameters:
    ///   - text: PEM.
    ///   - kind: what it must be.
    ///   - mistake: what is thrown for the other half of a pair.
    /// - Returns: DER.
    /// - Throws: what it is instead.
    static func document(_ text: String, kind: String, otherwise mistake: KeyError) throws(KeyError) -> [UInt8] {
        guard text.contains("-----BEGIN "), let documents = try? PEMDocument.parseMultiple(pemString: text),
            let document = documents.first
        else { throw .notPEM }
        switch document.discriminator {
        case kind: return document.derBytes
        case "PUBLIC KEY", "PRIVATE KEY": throw mistake
        case "ENCRYPTED PRIVATE KEY": throw .encrypted
        case let other: throw .unexpectedBlock(other)
        }
    }

    static func contents(_ der: [UInt8], behind prefix: [UInt8]) -> [UInt8]? {
        der.starts(with: prefix) && der.count == prefix.count + 32 ? Array(der.dropFirst(prefix.count)) : nil
    }

    static func compressedPoint(_ der: [UInt8]) -> [UInt8]? {
        (try? P256.KeyAgreement.PublicKey(derRepresentation: der)).map { Array($0.compressedRepresentation) }
    }

    static func p256PrivateKey(_ der: [UInt8]) -> [UInt8]? {
        (try? P256.KeyAgreement.PrivateKey(derRepresentation: der)).map { Array($0.rawRepresentation) }
    }
}
