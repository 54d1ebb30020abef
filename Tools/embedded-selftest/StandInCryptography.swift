import FirmwareImage

/// Replaces a cryptographic library, for this self-test only. It protects nothing: the code is for everybody to
/// compute. Devices bring their own implementation of `DeviceCryptography`.
struct StandInCryptography: DeviceCryptography {
    /// 32 bytes that depend on all bytes in their order: four FNV-1a sums with different starts, mixed at the end.
    struct SHA256: SHA256Hashing {
        private var sums: InlineArray<4, UInt64> = [1, 2, 3, 4]

        init() {}

        mutating func update(_ bytes: RawSpan) {
            for offset in 0..<bytes.byteCount {
                let byte = UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
                for index in 0..<4 {
                    sums[index] = (sums[index] ^ byte) &* 0x100_0000_01B3
                }
            }
        }

        mutating func finalize() -> SHA256Digest {
            var bytes = InlineArray<32, UInt8>(repeating: 0)
            for index in 0..<32 {
                let mixed = (sums[index / 8] ^ sums[index / 8] >> 29) &* 0x9E37_79B9_7F4A_7C15
                bytes[index] = UInt8(truncatingIfNeeded: mixed >> UInt64(index % 8 * 8))
            }
            guard let digest = SHA256Digest(bytes: bytes.span.bytes) else { fail("a digest has 32 bytes") }
            return digest
        }
    }

    /// The "signature" of a message of 32 bytes is the message and the public key; of another, its digest and the key.
    static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        guard message.byteCount == 32 else {
            var hash = SHA256()
            hash.update(message)
            let digest = hash.finalize()
            return isValidEd25519(signature: signature, message: digest.bytes, publicKey: publicKey)
        }
        guard signature.byteCount == 64, publicKey.byteCount == 32 else { return false }
        var difference: UInt8 = 0
        for offset in 0..<32 {
            difference |= byte(signature, offset) ^ byte(message, offset)
            difference |= byte(signature, offset + 32) ^ byte(publicKey, offset)
        }
        return difference == 0
    }

    private static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
