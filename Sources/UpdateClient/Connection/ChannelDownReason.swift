/// Why there is no channel to the server.
public enum ChannelDownReason: Equatable, Sendable {
    /// It was up and broke: closed by the peer, or a fatal alert.
    case lost
    /// The handshake did not end in time.
    case timeout
    /// The handshake failed because of the identity or its key.
    case authenticationFailed
    /// Nobody listens at the address (ICMP port unreachable), or there is no way to it.
    case refused
    /// Anything else: protocol failure, out of resources.
    case failed
}
