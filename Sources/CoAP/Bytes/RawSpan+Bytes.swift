extension RawSpan {
    /// The byte at a checked offset. Every bit pattern is a `UInt8`, so this load is safe.
    @inlinable
    package func coapByte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether both spans hold the same bytes.
    public func coapEquals(_ other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        for offset in 0..<byteCount where coapByte(at: offset) != other.coapByte(at: offset) {
            return false
        }
        return true
    }

    /// Whether the span holds the UTF-8 bytes of `text`: how a Uri-Path segment is compared without a `String`.
    ///
    public func coapEquals(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { coapEquals(RawSpan(_unsafeElements: $0)) }
    }

    /// The unsigned number that the span spells in ASCII decimal digits, as PIDs are written in paths.
    ///
    /// - Parameter maximum: the largest number accepted.
    /// - Returns: nil if the span is empty, has anything but digits, starts with a redundant zero, or exceeds
    ///   `maximum`.
    public func coapDecimal(maximum: UInt32) -> UInt32? {
        guard byteCount > 0, byteCount <= 10 else { return nil }
        guard byteCount == 1 || coapByte(at: 0) != 0x30 else { return nil }
        var value: UInt64 = 0
        for offset in 0..<byteCount {
            let byte = coapByte(at: offset)
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            // Ten digits stay below 10^10, far inside 64 bits.
            value = value * 10 + UInt64(byte - 0x30)
        }
        return value <= UInt64(maximum) ? UInt32(truncatingIfNeeded: value) : nil
    }
}

extension MutableRawSpan {
    /// Copies `source` to `offset`; the caller has checked that it fits.
    @_lifetime(self: copy self)
    package mutating func coapCopy(_ source: RawSpan, to offset: Int) {
        withUnsafeMutableBytes { destination in
            source.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: destination[offset..<(offset + bytes.count)])
                    .copyMemory(from: bytes)
            }
        }
    }
}
