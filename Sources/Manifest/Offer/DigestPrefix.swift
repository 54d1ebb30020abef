public import FirmwareImage
import Flash

/// The first bytes of a SHA-256 digest: as many as are needed for what it is used for.
public struct DigestPrefix: Equatable, Sendable {
    private var storage = InlineArray<32, UInt8>(repeating: 0)
    /// How many bytes there are, 1…32.
    public let byteCount: Int

    /// Copies a prefix.
    ///
    /// - Parameter bytes: 1…32 bytes; any other length gives `nil`.
    public init?(bytes: RawSpan) {
        guard (1...SHA256Digest.byteCount).contains(bytes.byteCount) else { return nil }
        byteCount = bytes.byteCount
        for index in 0..<bytes.byteCount { storage[index] = bytes.byte(at: index) }
    }

    /// The bytes.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { storage.span.bytes.extracting(first: byteCount) }
    }

    /// Whether a digest begins with these bytes.
    public func matches(_ digest: SHA256Digest) -> Bool {
        bytes.elementsEqual(digest.bytes.extracting(first: byteCount))
    }

    /// The first eight bytes, big-endian, as `SHA256Digest.prefix64`: what travels as a payload's ETag. Shorter ones
    /// are followed by zeros.
    public var prefix64: UInt64 {
        var prefix: UInt64 = 0
        for index in 0..<8 { prefix = prefix << 8 | UInt64(storage[index]) }
        return prefix
    }

    /// Whether both are the same bytes.
    public static func == (left: DigestPrefix, right: DigestPrefix) -> Bool {
        left.bytes.elementsEqual(right.bytes)
    }
}
