/// The type field of a message (RFC 7252 § 3, § 4.2, § 4.3).
public enum MessageType: UInt8, Sendable {
    /// CON: must be acknowledged or reset.
    case confirmable = 0
    /// NON: needs no acknowledgement.
    case nonConfirmable = 1
    /// ACK: acknowledges one confirmable message, and may carry its response.
    case acknowledgement = 2
    /// RST: says that a message was received but could not be processed.
    case reset = 3
}
