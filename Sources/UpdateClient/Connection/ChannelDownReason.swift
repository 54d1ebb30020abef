/// Why there is no channel to the server.
public enum ChannelDownReason: Equatable, Sendable {
    /// It was up and broke: closed by the peer, or a fatal alert.
    case lost
    /// The handshake did not end in time.
    case timeout
    /// The server says that identity or key are wrong, and said so of one handshake from its beginning to its end.
    case authenticationFailed
    /// The server answered, but not the handshake's last message: it keeps silent about a wrong key, or it was
    /// restarted, or the path changed, in the middle.
    case unfinished
    /// The server began another handshake in the middle: it was restarted, or sees this client at another address.
    case forgotten
    /// It came up, and carried no answer.
    case silent
    /// Nobody listens at the address (ICMP port unreachable), or there is no way to it.
    case refused
    /// Anything else: protocol failure, out of resources.
    case failed
}
