/// An entity tag: 1 to 8 opaque bytes that name one representation of a resource (RFC 7252 § 5.10.6).
public struct ETag: Hashable, Sendable {
    @usableFromInline let storage: ShortBytes

    /// Makes an entity tag of the bytes in `bytes`.
    ///
    /// - Returns: nil unless there are 1 to 8.
    @inlinable
    public init?(bytes: RawSpan) {
        guard bytes.byteCount >= 1, let storage = ShortBytes(bytes) else { return nil }
        self.storage = storage
    }

    /// Makes an entity tag of the low `length` bytes of `value`, most significant byte first.
    ///
    /// - Parameters:
    ///   - value: the bytes, big-endian.
    ///   - length: bytes, 1…8; nil is returned for anything else.
    @inlinable
    public init?(value: UInt64, length: Int) {
        guard length >= 1, let storage = ShortBytes(value: value, byteCount: length) else { return nil }
        self.storage = storage
    }

    /// Makes an entity tag of all 8 bytes of `value`, most significant byte first.
    public init(_ value: UInt64) {
        self.storage = ShortBytes(unchecked: value, byteCount: 8)
    }

    /// Bytes in the tag, 1…8.
    public var byteCount: Int { Int(storage.byteCount) }

    /// The bytes as a big-endian number; together with `byteCount` it is the whole tag (to keep it in a journal).
    public var value: UInt64 { storage.value }

    /// The byte at `index`, or nil if the tag is shorter.
    public subscript(index: Int) -> UInt8? { storage[index] }

    /// Lends the bytes as a span for the time of the call.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withBytes(body)
    }
}
