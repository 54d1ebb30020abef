import SwiftASN1

/// `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`; Ed25519 has no
/// parameters (RFC 8410 § 3).
struct KeyAlgorithm: DERParseable, DERSerializable, Equatable {
    let identifier: ASN1ObjectIdentifier

    static let ed25519 = KeyAlgorithm(identifier: [1, 3, 101, 112])
    /// id-ecPublicKey (RFC 5480 § 2.1.1); the curve is in the parameters.
    static let ellipticCurve = KeyAlgorithm(identifier: [1, 2, 840, 10045, 2, 1])

    private init(identifier: ASN1ObjectIdentifier) {
        self.identifier = identifier
    }

    init(derEncoded node: ASN1Node) throws {
        identifier = try DER.sequence(node, identifier: .sequence) { nodes in
            let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
            // Other algorithms have parameters here; they are told by their identifier.
            while nodes.next() != nil {}
            return identifier
        }
    }

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(identifier) }
    }
}

/// ```
/// OneAsymmetricKey ::= SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier,
///                                 privateKey OCTET STRING (OCTET STRING (32 bytes)), [0] … OPTIONAL, [1] … OPTIONAL }
/// ```
/// RFC 8410 § 7, RFC 5958 § 2. Written with version 0 and nothing optional, as openssl and imgtool write it.
struct Ed25519PrivateKeyInfo: DERParseable, DERSerializable {
    let algorithm: KeyAlgorithm
    let privateKey: [UInt8]

    init(privateKey: [UInt8]) {
        algorithm = .ed25519
        self.privateKey = privateKey
    }

    init(derEncoded node: ASN1Node) throws {
        (algorithm, privateKey) = try DER.sequence(node, identifier: .sequence) { nodes in
            _ = try Int(derEncoded: &nodes)
            let algorithm = try KeyAlgorithm(derEncoded: &nodes)
            let wrapped = try ASN1OctetString(derEncoded: &nodes)
            // Attributes and the public key may follow.
            while nodes.next() != nil {}
            guard algorithm == .ed25519 else { return (algorithm, []) }
            return (algorithm, Array(try ASN1OctetString(derEncoded: wrapped.bytes).bytes))
        }
    }

    func serialize(into coder: inout DER.Serializer) throws {
        var inner = DER.Serializer()
        try inner.serialize(ASN1OctetString(contentBytes: privateKey[...]))
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(0)
            try coder.serialize(algorithm)
            try coder.serialize(ASN1OctetString(contentBytes: inner.serializedBytes[...]))
        }
    }
}

/// ```
/// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING (32 bytes) }
/// ```
/// RFC 8410 § 4.
struct Ed25519PublicKeyInfo: DERParseable, DERSerializable {
    let algorithm: KeyAlgorithm
    let publicKey: [UInt8]

    init(publicKey: [UInt8]) {
        algorithm = .ed25519
        self.publicKey = publicKey
    }

    init(derEncoded node: ASN1Node) throws {
        (algorithm, publicKey) = try DER.sequence(node, identifier: .sequence) { nodes in
            let algorithm = try KeyAlgorithm(derEncoded: &nodes)
            return (algorithm, Array(try ASN1BitString(derEncoded: &nodes).bytes))
        }
    }

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(algorithm)
            try coder.serialize(ASN1BitString(bytes: publicKey[...]))
        }
    }
}
