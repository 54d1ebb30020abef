/// What a well-formed message is, from its type and code together (RFC 7252 § 4.2, § 4.3 and table 1).
public enum MessageRole: Equatable, Sendable {
    /// A method in a CON or NON message.
    case request
    /// A response: piggybacked in an ACK, or separate in a CON or NON message.
    case response
    /// An empty CON: to be answered with a reset of the same message ID (§ 4.3).
    case ping
    /// An empty ACK: the response comes later by itself (§ 5.2.2).
    case emptyAcknowledgement
    /// An RST: the peer did not understand our message of this ID.
    case reset
    /// A combination that no endpoint may send: a reserved class, an empty NON, a request in an ACK, a non-empty RST.
    case unacceptable(Rejection)
}

extension MessageView {
    /// What the message is; the first thing to switch over after it was read.
    public var role: MessageRole {
        switch type {
        case .confirmable:
            if code.isRequest { return .request }
            if code.isResponse { return .response }
            return code.isEmpty ? .ping : .unacceptable(.resetRequired(messageID: messageID))
        case .nonConfirmable:
            if code.isRequest { return .request }
            if code.isResponse { return .response }
            return .unacceptable(.resetPermitted(messageID: messageID))
        case .acknowledgement:
            if code.isResponse { return .response }
            return code.isEmpty ? .emptyAcknowledgement : .unacceptable(.ignore)
        case .reset:
            return code.isEmpty ? .reset : .unacceptable(.ignore)
        }
    }
}
