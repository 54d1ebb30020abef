/// Reading and measuring of option values of the `uint` format (RFC 7252 § 3.2).
public enum OptionUInt {
    /// Reads a number in network order; no bytes are zero, leading zeros are tolerated.
    ///
    /// - Returns: nil if there are more than 4 bytes.
    @inlinable
    public static func decode(_ value: RawSpan) -> UInt32? {
        guard value.byteCount <= 4 else { return nil }
        var number: UInt32 = 0
        for offset in 0..<value.byteCount {
            number = number << 8 | UInt32(value.coapByte(at: offset))
        }
        return number
    }

    /// Bytes that a number takes without leading zeros, 0…4.
    @inlinable
    public static func byteCount(of number: UInt32) -> Int {
        (UInt32.bitWidth - number.leadingZeroBitCount + 7) / 8
    }
}

/// Reads an option value of the `uint` format; see ``OptionUInt/decode(_:)``.
///
/// - Returns: nil if there are more than 4 bytes.
@inlinable
public func decodeUInt(_ value: RawSpan) -> UInt32? {
    OptionUInt.decode(value)
}
