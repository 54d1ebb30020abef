/// A CoAP token: 0 to 8 opaque bytes that match a response with its request (RFC 7252 § 5.3.1).
public struct Token: Hashable, Sendable {
    @usableFromInline let storage: ShortBytes

    /// The token of no bytes.
    public static var empty: Token { Token(unchecked: 0, byteCount: 0) }

    /// Makes a token of the bytes in `bytes`.
    ///
    /// - Returns: nil if there are more than 8.
    @inlinable
    public init?(bytes: RawSpan) {
        guard let storage = ShortBytes(bytes) else { return nil }
        self.storage = storage
    }

    /// Makes a token of the low `length` bytes of `value`, most significant byte first.
    ///
    /// - Parameters:
    ///   - value: the bytes, big-endian.
    ///   - length: bytes, 0…8; nil is returned for anything else.
    @inlinable
    public init?(value: UInt64, length: Int) {
        guard let storage = ShortBytes(value: value, byteCount: length) else { return nil }
        self.storage = storage
    }

    /// Makes a token of all 8 bytes of `value`, most significant byte first.
    public init(_ value: UInt64) {
        self.init(unchecked: value, byteCount: 8)
    }

    private init(unchecked value: UInt64, byteCount: UInt8) {
        self.storage = ShortBytes(unchecked: value, byteCount: byteCount)
    }

    /// Bytes in the token, 0…8.
    public var byteCount: Int { Int(storage.byteCount) }

    /// The bytes as a big-endian number.
    public var value: UInt64 { storage.value }

    /// The byte at `index`, or nil if the token is shorter.
    public subscript(index: Int) -> UInt8? { storage[index] }

    /// Lends the bytes as a span for the time of the call.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withBytes(body)
    }
}
