import Flash

/// Where a payload is: a URI, or a reference relative to the manifest's (RFC 3986 § 4.2).
public struct PayloadURI: Sendable {
    /// The longest.
    public static let maximumByteCount = 64

    private var storage = InlineArray<64, UInt8>(repeating: 0)
    /// How many bytes there are, 1…64.
    public let byteCount: Int

    /// Copies a URI.
    ///
    /// - Parameter bytes: 1…64 ASCII characters, none of them a control character or a space; others give `nil`.
    public init?(bytes: RawSpan) {
        guard (1...Self.maximumByteCount).contains(bytes.byteCount) else { return nil }
        byteCount = bytes.byteCount
        for index in 0..<bytes.byteCount {
            let byte = bytes.byte(at: index)
            guard byte > 0x20, byte < 0x7F else { return nil }
            storage[index] = byte
        }
    }

    /// The characters, ASCII.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { storage.span.bytes.extracting(first: byteCount) }
    }
}
