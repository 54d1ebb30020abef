/// One option as it stands in the message (RFC 7252 § 3.1): the only place where options are decoded.
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
    /// One past the value: where the next option or the payload marker stands.
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
    init(_ bytes: RawSpan, at start: Int, after previousNumber: UInt16) throws(FormatViolation) {
        let first = bytes.coapByte(at: start)
        var position = start + 1
        let delta: Int
        switch first >> 4 {
        case 13:
            guard position < bytes.byteCount else { throw .truncatedOptionHeader }
            delta = 13 + Int(bytes.coapByte(at: position))
            position += 1
        case 14:
            guard position + 1 < bytes.byteCount else { throw .truncatedOptionHeader }
            delta = 269 + (Int(bytes.coapByte(at: position)) << 8 | Int(bytes.coapByte(at: position + 1)))
            position += 2
        case 15:
            throw .reservedOptionDelta
        case let short:
            delta = Int(short)
        }
        let length: Int
        switch first & 0x0F {
        case 13:
            guard position < bytes.byteCount else { throw .truncatedOptionHeader }
            length = 13 + Int(bytes.coapByte(at: position))
            position += 1
        case 14:
            guard position + 1 < bytes.byteCount else { throw .truncatedOptionHeader }
            length = 269 + (Int(bytes.coapByte(at: position)) << 8 | Int(bytes.coapByte(at: position + 1)))
            position += 2
        case 15:
            throw .reservedOptionLength
        case let short:
            length = Int(short)
        }
        // At most 65535 + 65804: no overflow on any platform with 32-bit Int.
        let number = Int(previousNumber) + delta
        guard number <= 0xFFFF else { throw .optionNumberOverflow }
        guard length <= bytes.byteCount - position else { throw .truncatedOptionValue }
        self.valueStart = position
        self.valueEnd = position + length
        self.number = UInt16(truncatingIfNeeded: number)
    }
}
