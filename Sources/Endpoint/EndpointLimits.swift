/// How much an endpoint remembers, and for how long. Per event loop.
public struct EndpointLimits: Equatable, Sendable {
    /// Established sessions; one more, and the one that was silent longest is closed. About 11 KiB each.
    public var sessions: Int
    /// Handshakes in progress, of peers that have shown a cookie; one more, and the oldest is forgotten.
    public var handshakes: Int
    /// A session that was silent for so long is closed.
    public var idleTime: Duration
    /// For so long a peer with a wrong key is told again, in case it did not hear.
    public var refusalTime: Duration
    /// How often the secret that cookies are made with changes.
    public var cookieLifetime: Duration

    public init(
        sessions: Int = 16_384,
        handshakes: Int = 2_048,
        idleTime: Duration = .seconds(1800),
        refusalTime: Duration = .seconds(15),
        cookieLifetime: Duration = .seconds(60)
    ) {
        self.sessions = max(sessions, 1)
        self.handshakes = max(handshakes, 1)
        self.idleTime = idleTime
        self.refusalTime = refusalTime
        self.cookieLifetime = cookieLifetime
    }
}
