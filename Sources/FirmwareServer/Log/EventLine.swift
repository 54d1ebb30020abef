import Endpoint
import Logging

/// How an event of an endpoint reads in the log.
struct EventLine {
    let level: Logger.Level
    let message: String
    private(set) var fields: Logger.Metadata = [:]
    /// What the peer has proved to be, if it has.
    private(set) var identity: String?

    init(_ event: EndpointEvent) {
        switch event {
        case .established(let identity, let suite):
            self.init(.info, "session established", of: "\(identity)", ["suite": "\(suite)"])
        case .authenticationFailed(let claimed):
            self.init(
                .notice,
                "authentication failed: wrong key or unknown identity",
                ["claimed-identity": "\(claimed.map { "\($0)" } ?? "none that could be one")"]
            )
        case .handshakeFailed(let error):
            self.init(.debug, "handshake failed", ["reason": "\(error)"])
        case .closed(let identity):
            self.init(.debug, "session closed by the peer", of: "\(identity)")
        case .failed(let identity, let error):
            self.init(.debug, "session failed", of: "\(identity)", ["reason": "\(error)"])
        case .expired(let identity):
            self.init(.debug, "idle session closed", of: "\(identity)")
        case .evicted(let identity):
            self.init(.notice, "session closed to make room for another", of: "\(identity)")
        case .replaced(let identity):
            self.init(.debug, "session replaced by a new one from the same address", of: "\(identity)")
        case .revoked(let identity):
            self.init(.info, "session closed: the identity was revoked or has another key", of: "\(identity)")
        case .crowded(let table, let removed, let holder):
            self.init(
                .warning,
                table == .sessions
                    ? "too many sessions: the oldest made room" : "too many handshakes: the oldest made room",
                ["removed": "\(removed)", "most-held-by": "\(holder.map { "\($0)" } ?? "nobody in particular")"]
            )
        case .throttled(let attempts, let claimed, let source):
            self.init(
                .warning,
                "too many wrong keys: attempts are not looked at",
                [
                    "attempts": "\(attempts)", "source": "\(source)",
                    "claimed-identity": "\(claimed.map { "\($0)" } ?? "none that could be one")",
                ]
            )
        }
    }

    private init(_ level: Logger.Level, _ message: String, of identity: String? = nil, _ fields: Logger.Metadata = [:])
    {
        self.level = level
        self.message = message
        self.fields = fields
        self.identity = identity
        if let identity { self.fields["identity"] = "\(identity)" }
    }
}
