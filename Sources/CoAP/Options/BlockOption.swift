/// Why the value of a Block option cannot be used.
public enum BlockOptionError: Error, Equatable, Sendable {
    /// SZX 7: a request with it is answered 4.00 (RFC 7959 § 2.2).
    case reservedSZX
    /// More than the 3 bytes that the option may have: to be treated like an unknown critical option.
    case valueTooLong(byteCount: Int)
    /// A block number above 1 048 575.
    case numberTooLarge
}

/// The value of Block1, Block2, Q-Block1 and Q-Block2 (RFC 7959 § 2.2, RFC 9177 § 4.2).
///
/// ```
///  0                   1                   2
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                  NUM                  |M| SZX |     0 to 3 bytes, without leading zero bytes
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
public struct BlockOption: Equatable, Hashable, Sendable {
    /// NUM, 0…1 048 575.
    public let number: UInt32
    /// M: more blocks follow.
    public let more: Bool
    /// SZX, 0…6.
    public let szx: UInt8

    /// Greatest block number that the option can say.
    public static var maximumNumber: UInt32 { 0xF_FFFF }
    /// Greatest SZX that may be used: blocks of 1024 bytes.
    public static var maximumSZX: UInt8 { 6 }

    /// Makes a block option.
    ///
    /// - Parameters:
    ///   - number: 0…1 048 575.
    ///   - more: whether more blocks follow.
    ///   - szx: 0…6.
    /// - Throws: `.numberTooLarge`, `.reservedSZX`.
    @inlinable
    public init(number: UInt32, more: Bool = false, szx: UInt8) throws(BlockOptionError) {
        guard szx <= 6 else { throw .reservedSZX }
        guard number <= 0xF_FFFF else { throw .numberTooLarge }
        self.number = number
        self.more = more
        self.szx = szx
    }

    /// Reads the value of a block option.
    ///
    /// - Throws: `.valueTooLong`, `.reservedSZX`.
    @inlinable
    public init(_ value: RawSpan) throws(BlockOptionError) {
        guard value.byteCount <= 3, let bits = OptionUInt.decode(value) else {
            throw .valueTooLong(byteCount: value.byteCount)
        }
        guard bits & 7 != 7 else { throw .reservedSZX }
        self.number = bits >> 4
        self.more = bits & 8 != 0
        self.szx = UInt8(truncatingIfNeeded: bits & 7)
    }

    /// The value as a number, to be written as a `uint` option.
    @inlinable public var rawValue: UInt32 { number << 4 | (more ? 8 : 0) | UInt32(szx) }

    /// Bytes in a full block: 16…1024.
    @inlinable public var sizeBytes: Int { 16 << Int(szx) }

    /// Where the block starts in the representation; at most 2^30, so it cannot overflow.
    @inlinable public var byteOffset: UInt32 { number << (UInt32(szx) + 4) }

    /// The bytes of a representation of `totalBytes` that this block carries.
    ///
    /// - Returns: nil if the block lies past the end. Block 0 of an empty representation is an empty range.
    public func byteRange(totalBytes: Int) -> Range<Int>? {
        let start = Int(byteOffset)
        guard totalBytes >= 0, start < totalBytes || (start == 0 && totalBytes == 0) else { return nil }
        return start..<(totalBytes - start > sizeBytes ? start + sizeBytes : totalBytes)
    }

    /// Whether more blocks follow this one in a representation of `totalBytes`.
    public func hasMore(totalBytes: Int) -> Bool {
        totalBytes - Int(byteOffset) > sizeBytes
    }
}
