import HostSupport

/// A PSK identity as it travels in the handshake: 1…128 bytes, usually text (RFC 4279 § 5.1).
public struct PSKIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The bytes.
    public let bytes: [UInt8]

    /// The longest identity that RFC 4279 § 5.3 has implementations take, and GnuTLS's own limit.
    public static let maximumByteCount = 128

    /// - Parameter bytes: 1…128 bytes of any values; any other length gives `nil`.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard !bytes.isEmpty, bytes.count <= PSKIdentity.maximumByteCount else { return nil }
        self.bytes = bytes
    }

    /// All bytes at once: an array would take them one by one, and this is done several times for each handshake.
    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// - Parameter text: 1…128 bytes of UTF-8; any other length gives `nil`.
    public init?(_ text: String) {
        self.init(bytes: text.utf8)
    }

    /// The identity as it stands in files: itself, or `#` and hex digits when it has characters that mean something
    /// there. Safe to log: no control characters, no line ends.
    public var description: String {
        guard isPlain, let text = String(validating: bytes, as: UTF8.self) else { return "#\(Hex.encode(bytes))" }
        return text
    }

    /// Whether the identity may be written as it is: GnuTLS takes a colon as the end of it and a leading `#` as the
    /// start of hex digits; blanks at the ends, control characters and `*` would be misread by people or in `rights`.
    private var isPlain: Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        if first == UInt8(ascii: "#") || first == UInt8(ascii: " ") || last == UInt8(ascii: " ") { return false }
        for byte in bytes where byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "*") {
            return false
        }
        return !hasC1Controls
    }

    /// Whether there are UTF-8 forms of U+0080…U+009F, which terminals may obey.
    private var hasC1Controls: Bool {
        zip(bytes, bytes.dropFirst()).contains { $0 == 0xC2 && $1 < 0xA0 }
    }
}
