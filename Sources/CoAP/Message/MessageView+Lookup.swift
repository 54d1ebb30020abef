extension MessageView {
    /// The value of the first option of this number, or nil.
    ///
    /// Walks the options up to that number; use ``RequestOptions`` or ``ResponseOptions`` to get many in one pass.
    @_lifetime(copy self)
    public func firstValue(of number: OptionNumber) -> RawSpan? {
        var options = self.options
        while let option = options.next() {
            if option.number == number { return option.value }
            if option.number > number { return nil }
        }
        return nil
    }

    /// The first option of this number as a block option; nil if there is none.
    ///
    /// - Throws: `BlockOptionError` if the value is no block option.
    public func block(_ number: OptionNumber) throws(BlockOptionError) -> BlockOption? {
        guard let value = firstValue(of: number) else { return nil }
        return try BlockOption(value)
    }

    /// Whether one of the ETag options is this tag: what decides on 2.03 Valid (RFC 7252 § 5.10.6.2).
    public func contains(_ etag: ETag) -> Bool {
        var options = self.options
        while let option = options.next() {
            if option.number > .etag { return false }
            if option.number == .etag, ETag(bytes: option.value) == etag { return true }
        }
        return false
    }

    /// The values of all options of one repeatable number, in order.
    @_lifetime(copy self)
    public func values(of number: OptionNumber) -> OptionValueIterator {
        OptionValueIterator(options, number: number)
    }

    /// The segments of the path, in order.
    public var uriPath: OptionValueIterator {
        @_lifetime(copy self)
        get { OptionValueIterator(options, number: .uriPath) }
    }

    /// The arguments of the query, in order.
    public var uriQuery: OptionValueIterator {
        @_lifetime(copy self)
        get { OptionValueIterator(options, number: .uriQuery) }
    }
}

/// Walks over the values of the options of one number.
public struct OptionValueIterator: ~Escapable {
    private var options: OptionIterator
    private let number: OptionNumber

    @_lifetime(copy options)
    init(_ options: OptionIterator, number: OptionNumber) {
        self.options = options
        self.number = number
    }

    /// The next value, or nil after the last.
    @_lifetime(copy self)
    public mutating func next() -> RawSpan? {
        while let option = options.next() {
            if option.number == number { return option.value }
            if option.number > number { return nil }
        }
        return nil
    }
}
