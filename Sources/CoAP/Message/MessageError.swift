/// Why a datagram could not be read, or a message not be written.
///
/// The first three come from ``MessageView`` and say through ``rejection`` what RFC 7252 wants done with the datagram;
/// the others come from ``MessageWriter`` and leave what was written before as it was.
public enum MessageError: Error, Equatable, Sendable {
    /// Fewer than the 4 bytes of a header: there is no message ID that a reset could name.
    case truncated(byteCount: Int)
    /// The version field is not 1.
    case unsupportedVersion(UInt8)
    /// A message format error behind a readable header.
    case malformed(FormatViolation, type: MessageType, messageID: UInt16)

    /// The buffer cannot take what was to be written; `needed` is its least size in bytes for that.
    case bufferTooSmall(needed: Int)
    /// Options must be written in ascending order of their numbers.
    case optionOutOfOrder(OptionNumber, after: OptionNumber)
    /// An option value is longer than the 65 804 bytes that the format can express.
    case optionValueTooLong(OptionNumber)
    /// An option was to be written after the payload.
    case optionAfterPayload(OptionNumber)
    /// A message of code 0.00 takes no token, option or payload (RFC 7252 § 4.1).
    case emptyMessageWithContent
    /// Something was to be written before `start`.
    case notStarted
}

extension MessageError {
    /// What the receiver of the datagram does about it; `.ignore` for errors of the writer, which no datagram caused.
    ///
    /// RFC 7252 § 3 has unknown versions silently ignored. § 4.2 and 4.3 have a message with a format error rejected.
    public var rejection: Rejection {
        switch self {
        case .malformed(_, let type, let messageID):
            return Rejection(of: type, messageID: messageID)
        case .truncated, .unsupportedVersion, .bufferTooSmall, .optionOutOfOrder, .optionValueTooLong,
            .optionAfterPayload, .emptyMessageWithContent, .notStarted:
            return .ignore
        }
    }
}
