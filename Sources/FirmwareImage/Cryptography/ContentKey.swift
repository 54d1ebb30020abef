import Flash

/// The key that a payload or an image is encrypted with (AES-128 in counter mode), and the counter that it starts at.
///
/// Counter mode has no integrity: who holds the bytes can flip any bit of the firmware unseen. Digest and signature
/// find it: so nothing that was decrypted is trusted before those were checked.
public struct ContentKey: Sendable {
    /// The number of bytes of key and counter.
    public static let byteCount = 16

    private var key = InlineArray<16, UInt8>(repeating: 0)
    private var counter = InlineArray<16, UInt8>(repeating: 0)

    /// Copies a key.
    ///
    /// - Parameters:
    ///   - key: 16 bytes; any other length gives `nil`.
    ///   - counter: 16 bytes: the counter of the first block; empty: zero, as MCUboot has it. Others give `nil`.
    public init?(key: RawSpan, counter: RawSpan = RawSpan()) {
        guard key.byteCount == Self.byteCount, counter.isEmpty || counter.byteCount == Self.byteCount else {
            return nil
        }
        for index in 0..<Self.byteCount {
            self.key[index] = key.byte(at: index)
            if !counter.isEmpty { self.counter[index] = counter.byte(at: index) }
        }
    }

    /// Encrypts or decrypts bytes in place, which may be any part of the whole.
    ///
    /// - Parameters:
    ///   - bytes: the part.
    ///   - offset: where it begins in the payload, or in the image's body.
    ///   - cryptography: the device's.
    public func apply<Cryptography: DecryptionCryptography>(
        to bytes: inout MutableRawSpan,
        at offset: UInt32,
        with cryptography: Cryptography
    ) {
        let skipped = Int(offset % 16)
        var start = 0
        if skipped > 0 {
            // The rest of a block that began before.
            start = min(16 - skipped, bytes.byteCount)
            var block = InlineArray<16, UInt8>(repeating: 0)
            for index in 0..<start {
                block[skipped + index] = bytes.bytes.byte(at: index)
            }
            do {
                var span = block.mutableSpan
                var window = span.mutableBytes
                apply(to: &window, block: offset / 16, with: cryptography)
            }
            for index in 0..<start {
                bytes.store(block[skipped + index], at: index)
            }
        }
        guard start < bytes.byteCount else { return }
        var rest = bytes.window(start..<bytes.byteCount)
        apply(to: &rest, block: offset / 16 + (skipped > 0 ? 1 : 0), with: cryptography)
    }

    private func apply<Cryptography: DecryptionCryptography>(
        to bytes: inout MutableRawSpan,
        block: UInt32,
        with cryptography: Cryptography
    ) {
        var counter = counter
        var carry = block
        for index in (0..<16).reversed() where carry > 0 {
            let sum = UInt32(counter[index]) + (carry & 0xFF)
            counter[index] = UInt8(truncatingIfNeeded: sum)
            // Below 2²⁴ + 1: no overflow.
            carry = carry >> 8 + sum >> 8
        }
        cryptography.applyAES128CTR(&bytes, key: key.span.bytes, counter: counter.span.bytes)
    }
}
