import FirmwareImage

/// A digest and a signature that are fast instead of secure, for runs of many thousand boots: what is tested there is
/// the order of flash operations. Whoever knows a key can sign; nobody else can by accident. Any changed byte changes
/// both.
public struct StubCryptography: DeviceCryptography {
    /// 32 bytes that depend on every byte of the input.
    public struct SHA256: SHA256Hashing {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325
        private var pending: UInt64 = 0
        private var count: UInt64 = 0

        /// Of nothing yet.
        public init() {}

        /// Takes bytes.
        public mutating func update(_ bytes: RawSpan) {
            bytes.withUnsafeBytes { bytes in
                for byte in bytes {
                    pending = pending << 8 | UInt64(byte)
                    count += 1
                    if count % 8 == 0 { mix(pending) }
                }
            }
        }

        /// The digest.
        public mutating func finalize() -> SHA256Digest {
            mix(pending)
            mix(count)
            var bytes = [UInt8]()
            for _ in 0..<4 {
                mix(0x9E37_79B9)
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: state >> ($0 * 8)) }
            }
            guard let digest = SHA256Digest(bytes: bytes.span.bytes) else { preconditionFailure("32 bytes") }
            return digest
        }

        private mutating func mix(_ word: UInt64) {
            state = (state ^ word) &* 0x9FB2_1C65_1E98_DF25
            state ^= state >> 32
        }
    }

    /// Whether `signature` is what ``signature(over:key:)`` makes; keys are their own public keys.
    public static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        guard signature.byteCount == 64, publicKey.byteCount == 32 else { return false }
        let expected = self.signature(over: message, key: publicKey)
        return signature.withUnsafeBytes { $0.elementsEqual(expected) }
    }

    /// 64 bytes that depend on message and key.
    public static func signature(over message: RawSpan, key: RawSpan) -> [UInt8] {
        var hash = SHA256()
        hash.update(key)
        hash.update(message)
        let digest = hash.finalize()
        return (0..<64).map { digest[$0 % 32] ^ UInt8($0) }
    }
}
