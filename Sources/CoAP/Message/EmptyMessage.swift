/// A message of code 0.00: four bytes and nothing else (RFC 7252 § 4.1).
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---+---+-------+---------------+-------------------------------+
/// | 1 | T |   0   |      0.00     |           Message ID          |
/// +---+---+-------+---------------+-------------------------------+
/// ```
public struct EmptyMessage: Equatable, Sendable {
    /// CON for a ping, ACK for an empty acknowledgement, RST for a reset.
    public let type: MessageType
    /// The message ID: of the message answered, or a new one for a ping.
    public let messageID: UInt16

    /// Bytes on the wire.
    public static var byteCount: Int { 4 }

    private init(type: MessageType, messageID: UInt16) {
        self.type = type
        self.messageID = messageID
    }

    /// The empty acknowledgement of a confirmable message, ahead of a separate response (§ 5.2.2).
    public static func acknowledgement(messageID: UInt16) -> EmptyMessage {
        EmptyMessage(type: .acknowledgement, messageID: messageID)
    }

    /// The reset that rejects a message (§ 4.2, § 4.3).
    public static func reset(messageID: UInt16) -> EmptyMessage {
        EmptyMessage(type: .reset, messageID: messageID)
    }

    /// The empty confirmable message that a live peer answers with a reset: "CoAP ping" (§ 4.3).
    public static func ping(messageID: UInt16) -> EmptyMessage {
        EmptyMessage(type: .confirmable, messageID: messageID)
    }

    /// The four bytes.
    public var bytes: InlineArray<4, UInt8> {
        [
            0x40 | type.rawValue << 4, 0,
            UInt8(truncatingIfNeeded: messageID >> 8), UInt8(truncatingIfNeeded: messageID),
        ]
    }

    /// Writes the four bytes to the start of `buffer`.
    ///
    /// - Returns: bytes written, always 4.
    /// - Throws: `MessageError.bufferTooSmall`.
    @discardableResult
    public func write(into buffer: inout MutableRawSpan) throws(MessageError) -> Int {
        guard buffer.byteCount >= 4 else { throw .bufferTooSmall(needed: 4) }
        let bytes = self.bytes
        for index in 0..<4 {
            buffer.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
        }
        return 4
    }
}
