/// Zero to eight bytes held inline: what tokens and entity tags are made of.
///
/// The bytes are right-aligned in one integer, the first byte most significant, so equality and hashing are two
/// integer operations and nothing is allocated.
@usableFromInline
struct ShortBytes: Hashable, Sendable {
    @usableFromInline let value: UInt64
    @usableFromInline let byteCount: UInt8

    /// Takes a value that is known to fit `byteCount` bytes.
    @inlinable
    init(unchecked value: UInt64, byteCount: UInt8) {
        self.value = value
        self.byteCount = byteCount
    }

    /// Keeps the low `byteCount` bytes of `value`, or nothing if `byteCount` exceeds eight.
    @inlinable
    init?(value: UInt64, byteCount: Int) {
        guard byteCount >= 0, byteCount <= 8 else { return nil }
        self.value = byteCount == 0 ? 0 : value & (UInt64.max >> UInt64(64 - 8 * byteCount))
        self.byteCount = UInt8(truncatingIfNeeded: byteCount)
    }

    @inlinable
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount <= 8 else { return nil }
        // Tokens and tags of 8 bytes are what this project's peers send.
        if bytes.byteCount == 8 {
            self.value = UInt64(bigEndian: bytes.unsafeLoadUnaligned(as: UInt64.self))
        } else {
            var value: UInt64 = 0
            for offset in 0..<bytes.byteCount {
                value = value << 8 | UInt64(bytes.coapByte(at: offset))
            }
            self.value = value
        }
        self.byteCount = UInt8(truncatingIfNeeded: bytes.byteCount)
    }

    @inlinable
    subscript(index: Int) -> UInt8? {
        guard index >= 0, index < Int(byteCount) else { return nil }
        return UInt8(truncatingIfNeeded: value >> UInt64(8 * (Int(byteCount) - 1 - index)))
    }

    /// Lends the bytes as a span for the time of the call.
    @inlinable
    func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var storage = InlineArray<8, UInt8>(repeating: 0)
        for index in 0..<Int(byteCount) {
            storage[index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (Int(byteCount) - 1 - index)))
        }
        return try body(storage.span.bytes.extracting(first: Int(byteCount)))
    }
}
