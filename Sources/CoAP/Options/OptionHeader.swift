/// One option as it is encoded in the message (RFC 7252 § 3.1): the only place where options are decoded.
///
/// ```
///   0   1   2   3   4   5   6   7
/// +---------------+---------------+
/// | Option Delta  | Option Length |   13: one extension byte, minus 13; 14: two, minus 269; 15: reserved
/// +---------------+---------------+
/// \  Option Delta (extended) 0-2  \
/// \ Option Length (extended) 0-2  \
/// \         Option Value          \
/// +-------------------------------+
/// ```
@usableFromInline
struct OptionHeader {
    /// Where the value starts.
    @usableFromInline let valueStart: Int
    /// One past the value: where the next option or the payload marker is.
    @usableFromInline let valueEnd: Int
    @usableFromInline let number: UInt16

    /// Decodes the option at `start`, which must lie inside `bytes` and not be the payload marker.
    ///
    /// - Parameters:
    ///   - bytes: the whole message.
    ///   - start: offset of the option's first byte.
    ///   - previousNumber: number of the option before, 0 for the first.
    /// - Throws: the format violation, if there is one.
    @inlinable
    @inline(__always)
    init(_ bytes: RawSpan, at start: Int, after previousNumber: UInt16) throws(FormatViolation) {
        let first = bytes.coapByte(at: start)
        var position = start + 1
        var delta = Int(first >> 4)
        var length = Int(first & 0x0F)
        // Nearly all options that are sent have neither extended.
        if delta >= 13 {
            guard delta != 15 else { throw .reservedOptionDelta }
            delta = try Self.extended(delta, bytes, at: &position)
        }
        if length >= 13 {
            guard length != 15 else { throw .reservedOptionLength }
            length = try Self.extended(length, bytes, at: &position)
        }
        // At most 65535 + 65804: no overflow on any platform with 32-bit Int.
        let number = Int(previousNumber) + delta
        guard number <= 0xFFFF else { throw .optionNumberOverflow }
        guard length <= bytes.byteCount - position else { throw .truncatedOptionValue }
        self.valueStart = position
        self.valueEnd = position + length
        self.number = UInt16(truncatingIfNeeded: number)
    }
    /// Reads the extension bytes that a nibble of 13 or 14 announces.
    @inlinable
    @inline(never)
    static func extended(_ nibble: Int, _ bytes: RawSpan, at position: inout Int) throws(FormatViolation) -> Int {
        if nibble == 13 {
            guard position < bytes.byteCount else { throw .truncatedOptionHeader }
            position += 1
            return 13 + Int(bytes.coapByte(at: position - 1))
        }
        guard position + 1 < bytes.byteCount else { throw .truncatedOptionHeader }
        position += 2
        return 269 + (Int(bytes.coapByte(at: position - 2)) << 8 | Int(bytes.coapByte(at: position - 1)))
    }
}
