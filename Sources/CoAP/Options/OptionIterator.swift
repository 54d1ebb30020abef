/// One option of a message, pointing into the datagram.
public struct OptionView: ~Escapable {
    /// The option's number.
    public let number: OptionNumber
    /// The option's value.
    public let value: RawSpan

    @usableFromInline
    @_lifetime(copy value)
    init(number: OptionNumber, value: RawSpan) {
        self.number = number
        self.value = value
    }

    /// The value as a number, or nil if it has more than 4 bytes.
    @inlinable public var uintValue: UInt32? { OptionUInt.decode(value) }

    /// The value as a content format, or nil if it has more than 2 significant bytes.
    public var formatValue: ContentFormat? {
        guard let number = uintValue, number <= 0xFFFF else { return nil }
        return ContentFormat(rawValue: UInt16(truncatingIfNeeded: number))
    }

    /// Whether the length of the value is what the registry allows; true for unregistered numbers.
    ///
    /// RFC 7252 § 5.4.3: an option of another length is treated like an unknown one.
    public var hasValidLength: Bool { number.definition?.allows(byteCount: value.byteCount) ?? true }
}

/// Walks over the options of a message in the order of their numbers.
///
/// The message was validated when its ``MessageView`` was made, so walking cannot fail.
public struct OptionIterator: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline let end: Int
    @usableFromInline var position: Int
    @usableFromInline var number: UInt16

    @usableFromInline
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, start: Int, end: Int) {
        self.bytes = bytes
        self.end = end
        self.position = start
        self.number = 0
    }

    /// The next option, or nil after the last.
    @inlinable
    @_lifetime(copy self)
    public mutating func next() -> OptionView? {
        guard position < end else { return nil }
        // Cannot fail after validation; nil rather than a trap if it ever did.
        guard let header = try? OptionHeader(bytes, at: position, after: number) else { return nil }
        position = header.valueEnd
        number = header.number
        return OptionView(
            number: OptionNumber(rawValue: header.number),
            value: bytes.extracting(header.valueStart..<header.valueEnd)
        )
    }
}
