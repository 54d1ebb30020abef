import Crypto
public import FirmwareImage

/// Digest and signature verification by swift-crypto, for everything that runs on a host.
public struct HostCryptography: DeviceCryptography {
    /// swift-crypto's SHA-256; no allocation per update.
    public struct SHA256: SHA256Hashing {
        private var hash = Crypto.SHA256()

        /// Begins a hash.
        public init() {}

        /// Adds bytes.
        public mutating func update(_ bytes: RawSpan) {
            // The span stays borrowed for the whole call, and the library keeps nothing of the buffer.
            bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        }

        /// Ends the hash.
        public mutating func finalize() -> FirmwareImage.SHA256Digest {
            hash.finalize().withUnsafeBytes { bytes in
                guard let digest = FirmwareImage.SHA256Digest(bytes: bytes.bytes) else {
                    preconditionFailure("SHA-256 gives 32 bytes")
                }
                return digest
            }
        }
    }

    /// Ed25519; see `DeviceCryptography`.
    public static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        guard signature.byteCount == 64, publicKey.byteCount == 32 else { return false }
        return publicKey.withUnsafeBytes { key in
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
            return signature.withUnsafeBytes { signature in
                message.withUnsafeBytes { key.isValidSignature(signature, for: $0) }
            }
        }
    }
}
