// Reading little-endian fields. `RawSpan` offers only `unsafeLoad`, whose name is about types with invalid bit
// patterns: for integers every pattern is a value, and it checks the range. These are the only uses of it in the device
// modules that store or verify images.

extension RawSpan {
    /// The byte at `offset`. Traps past the end: callers compare with `byteCount` first.
    @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The little-endian 16-bit value at `offset`. Traps past the end.
    package func littleEndianUInt16(at offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The little-endian 32-bit value at `offset`. Traps past the end.
    package func littleEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Whether both spans hold the same bytes.
    package func elementsEqual(_ other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        for offset in 0..<byteCount where byte(at: offset) != other.byte(at: offset) {
            return false
        }
        return true
    }

    /// Whether every byte is `value`. Eight at a time: erase checks look at whole sectors.
    package func allBytes(are value: UInt8) -> Bool {
        let word = UInt64(value) &* 0x0101_0101_0101_0101
        var offset = 0
        while byteCount - offset >= 8 {
            if unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) != word { return false }
            offset += 8
        }
        while offset < byteCount {
            if byte(at: offset) != value { return false }
            offset += 1
        }
        return true
    }
}
