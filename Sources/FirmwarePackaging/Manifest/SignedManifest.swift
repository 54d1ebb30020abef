public import FirmwareImage
import HostCryptography
import Manifest

/// Why no manifest was made.
public enum ManifestProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The key cannot sign, or is none.
    case key(KeyError)
    /// A signature that was made elsewhere does not verify under its key.
    case wrongSignature
    /// The key has signed already.
    case signedTwice
    /// What was made would be refused by a device; the error says why.
    case refused(ManifestError)

    /// One line for a person.
    public var description: String {
        switch self {
        case .key(let error): "the key \(error)"
        case .wrongSignature:
            "the signature does not verify under the key; sign the bytes as they are, and give 64 bytes: Ed25519, or "
                + "r and s of ECDSA with SHA-256 on P-256"
        case .signedTwice: "the key has signed already; each signature must be another key's"
        case .refused(let error): "a device would refuse the manifest: \(error)"
        }
    }
}

/// A manifest and the signatures over it: a SUIT envelope in the making.
public struct SignedManifest: Sendable {
    private let manifest: [UInt8]
    private let digest: [UInt8]
    private var blocks: [[UInt8]] = []
    private var signers: [VerificationKey] = []

    /// Encodes a manifest; deterministic: the same contents give the same bytes.
    public init(_ contents: ManifestContents) {
        self.init(encoded: contents.encoded())
    }

    /// - Parameter encoded: a SUIT_Manifest, whatever it says.
    package init(encoded: [UInt8]) {
        let manifest = CBORWriter.encoded { $0.byteString(encoded) }
        self.manifest = manifest
        digest = CBORWriter.encoded { $0.suitDigest(SHA256Digest(of: manifest)) }
    }

    /// What a key has to sign: for Ed25519 the message itself, for ECDSA the message of which it takes the SHA-256.
    public func message(for algorithm: SignatureAlgorithm) -> [UInt8] {
        COSESign1.message(algorithm, payload: digest)
    }

    /// Signs.
    public mutating func sign(_ key: SigningKey) throws(ManifestProblem) {
        let signature: [UInt8]
        do {
            signature = try key.signature(message: message(for: key.algorithm))
        } catch {
            throw .key(error)
        }
        try add(signature: signature, by: key.verificationKey)
    }

    /// Takes a signature that another program made over ``message(for:)``.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes: Ed25519, or r and s.
    ///   - key: verifies it.
    /// - Throws: `wrongSignature`, `signedTwice`, `key`.
    public mutating func add(signature: [UInt8], by key: VerificationKey) throws(ManifestProblem) {
        guard !signers.contains(key) else { throw .signedTwice }
        guard COSESign1.isValid(signature, message: message(for: key.algorithm), key: key) else {
            throw .wrongSignature
        }
        let block: [UInt8]
        do {
            block = try COSESign1.encoded(key, payload: nil, signature: signature)
        } catch {
            throw .key(error)
        }
        blocks.append(block)
        signers.append(key)
    }

    /// The envelope, verified as a device verifies it.
    ///
    /// - Throws: `refused`; also without a signature.
    public func envelope() throws(ManifestProblem) -> [UInt8] {
        let bytes = unverifiedEnvelope()
        var anchors = TrustAnchors()
        for key in signers.prefix(TrustAnchors.capacity) {
            if let anchor = try? key.trustAnchor() { _ = anchors.append(anchor) }
        }
        do throws(ManifestError) {
            _ = try ManifestReader<HostCryptography>.verify(
                bytes.span.bytes,
                anchors: anchors,
                requiredSignatures: UInt8(clamping: signers.count)
            )
        } catch {
            throw .refused(error)
        }
        return bytes
    }

    /// The envelope, whatever it says.
    package func unverifiedEnvelope() -> [UInt8] {
        CBORWriter.encoded { envelope in
            envelope.tag(107)
            envelope.map(2)
            envelope.unsigned(2)
            envelope.wrapped { authentication in
                authentication.array(1 + blocks.count)
                authentication.byteString(digest)
                for block in blocks { authentication.byteString(block) }
            }
            envelope.unsigned(3)
            envelope.encoded(manifest)
        }
    }
}

/// COSE_Sign1 (RFC 9052 § 4).
enum COSESign1 {
    private static func protected(_ algorithm: SignatureAlgorithm) -> [UInt8] {
        CBORWriter.encoded {
            $0.map(1)
            $0.unsigned(1)
            // EdDSA, ES256: the numbers that all libraries know.
            $0.integer(algorithm == .ed25519 ? -8 : -7)
        }
    }

    static func message(_ algorithm: SignatureAlgorithm, payload: [UInt8]) -> [UInt8] {
        CBORWriter.encoded {
            $0.array(4)
            $0.text("Signature1")
            $0.byteString(protected(algorithm))
            $0.byteString([])
            $0.byteString(payload)
        }
    }

    /// A block, encoded.
    ///
    /// - Parameters:
    ///   - key: the signer's.
    ///   - payload: `nil`: detached.
    ///   - signature: over ``message(_:payload:)``.
    /// - Returns: the tagged COSE_Sign1.
    /// - Throws: `malformed` if the key is none.
    static func encoded(
        _ key: VerificationKey,
        payload: [UInt8]?,
        signature: [UInt8]
    ) throws(KeyError) -> [UInt8] {
        let keyHash = try key.keyHash()
        return CBORWriter.encoded {
            $0.tag(18)
            $0.array(4)
            $0.byteString(protected(key.algorithm))
            // A hint which of a few keys it is: one byte does.
            $0.map(1)
            $0.unsigned(4)
            $0.byteString(keyHash.array(1))
            if let payload { $0.byteString(payload) } else { $0.null() }
            $0.byteString(signature)
        }
    }

    static func isValid(_ signature: [UInt8], message: [UInt8], key: VerificationKey) -> Bool {
        switch key.algorithm {
        case .ed25519:
            HostCryptography.isValidEd25519(
                signature: signature.span.bytes,
                message: message.span.bytes,
                publicKey: key.raw.span.bytes
            )
        case .ecdsaP256:
            HostCryptography.isValidECDSAP256(
                signature: signature.span.bytes,
                digest: SHA256Digest(of: message),
                publicKey: key.raw.span.bytes
            )
        }
    }
}

extension SHA256Digest {
    /// The digest of bytes in memory.
    public init(of bytes: [UInt8]) {
        var hash = HostCryptography.SHA256()
        hash.update(bytes.span.bytes)
        self = hash.finalize()
    }
}
