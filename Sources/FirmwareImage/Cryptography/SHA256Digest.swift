/// A SHA-256 digest.
public struct SHA256Digest: Hashable, Sendable {
    package let value: Bytes32

    /// The number of bytes of every digest.
    public static let byteCount = 32

    /// Copies a digest.
    ///
    /// - Parameter bytes: exactly 32 bytes; any other length gives `nil`.
    public init?(bytes: RawSpan) {
        guard let value = Bytes32(bytes: bytes) else { return nil }
        self.value = value
    }

    package init(value: Bytes32) {
        self.value = value
    }

    /// The 32 bytes, first byte of the digest first.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { value.bytes }
    }

    /// The byte at `index` 0…31; traps outside.
    public subscript(index: Int) -> UInt8 { value.storage[index] }

    /// The first eight bytes, big-endian: what travels as a payload's ETag.
    public var prefix64: UInt64 {
        var prefix: UInt64 = 0
        for index in 0..<8 {
            prefix = prefix << 8 | UInt64(value.storage[index])
        }
        return prefix
    }
}
