/// What to do with a message that cannot be processed, as data (RFC 7252 § 4.2 and § 4.3).
public enum Rejection: Equatable, Sendable {
    /// Drop it silently: an ACK or RST, or nothing that RFC 7252 speaks about.
    case ignore
    /// It was confirmable: a reset with this message ID must be sent (§ 4.2).
    case resetRequired(messageID: UInt16)
    /// It was non-confirmable: a reset with this message ID may be sent (§ 4.3).
    case resetPermitted(messageID: UInt16)

    /// The rejection that the type of a message asks for.
    ///
    /// - Parameters:
    ///   - type: the type of the rejected message.
    ///   - messageID: its message ID, which a reset repeats.
    public init(of type: MessageType, messageID: UInt16) {
        switch type {
        case .confirmable: self = .resetRequired(messageID: messageID)
        case .nonConfirmable: self = .resetPermitted(messageID: messageID)
        case .acknowledgement, .reset: self = .ignore
        }
    }

    /// The reset that must be sent, or nil. Permitted resets are left out: over UDP they only serve to amplify.
    public var requiredReset: EmptyMessage? {
        switch self {
        case .resetRequired(let messageID): return .reset(messageID: messageID)
        case .resetPermitted, .ignore: return nil
        }
    }
}
