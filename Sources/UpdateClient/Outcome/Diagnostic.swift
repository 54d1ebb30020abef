import CoAP

/// The diagnostic payload of an error response (RFC 7252 § 5.5.2): what the server says, for a person. Not
/// authenticated beyond the channel, so nothing is decided by it.
public struct Diagnostic: Equatable, Sendable {
    /// Bytes that are kept; the rest is left out.
    public static let capacity = 128
    private var storage = InlineArray<128, UInt8>(repeating: 0)
    /// Bytes of the text, at most ``capacity``.
    public private(set) var byteCount = 0

    /// No text.
    public init() {}

    /// Keeps the beginning of a payload.
    init(_ payload: RawSpan) {
        byteCount = min(payload.byteCount, Self.capacity)
        for index in 0..<byteCount { storage[index] = payload.coapByte(at: index) }
    }

    /// The bytes as they came, UTF-8 if the server keeps to the RFC; the last character may be cut.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get { storage.span.bytes.extracting(0..<byteCount) }
    }

    /// Byte for byte.
    public static func == (left: Diagnostic, right: Diagnostic) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        for index in 0..<left.byteCount where left.storage[index] != right.storage[index] { return false }
        return true
    }
}
