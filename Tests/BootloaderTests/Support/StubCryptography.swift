import FirmwareImage

/// A digest and a signature that are fast instead of secure, for runs of many thousand boots: what is tested there is
/// the order of flash operations. Whoever knows a key can sign; nobody else can by accident.
struct StubCryptography: DeviceCryptography {
    struct SHA256: SHA256Hashing {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325
        private var pending: UInt64 = 0
        private var count: UInt64 = 0

        init() {}

        mutating func update(_ bytes: RawSpan) {
            bytes.withUnsafeBytes { bytes in
                for byte in bytes {
                    pending = pending << 8 | UInt64(byte)
                    count += 1
                    if count % 8 == 0 { mix(pending) }
                }
            }
        }

        mutating func finalize() -> SHA256Digest {
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

    static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        guard signature.byteCount == 64, publicKey.byteCount == 32 else { return false }
        let expected = self.signature(over: message, key: publicKey)
        return signature.withUnsafeBytes { $0.elementsEqual(expected) }
    }

    static func signature(over message: RawSpan, key: RawSpan) -> [UInt8] {
        var hash = SHA256()
        hash.update(key)
        hash.update(message)
        let digest = hash.finalize()
        return (0..<64).map { digest[$0 % 32] ^ UInt8($0) }
    }
}
