/// How much an endpoint remembers, and for how long. Per event loop.
public struct EndpointLimits: Equatable, Sendable {
    /// Established sessions, some 12 KiB each. One more, and whoever holds the most loses one, if that is much more
    /// than others.
    public var sessions: Int
    /// Handshakes in progress, of peers that have shown a cookie, some 1 KiB each; at most 4 KiB. One more, and whoever
    /// has the most loses one.
    public var handshakes: Int
    /// Sessions that one identity may have; one more, and it loses its oldest. Nil: as many as there is room for.
    public var sessionsPerIdentity: Int?
    /// Sessions that one source may have; one more, and it loses its oldest. Nil: as many as there is room for.
    public var sessionsPerSource: Int?
    /// A session that was silent for so long is closed.
    public var idleTime: Duration
    /// A handshake that has not succeeded after so long is forgotten.
    public var handshakeTime: Duration
    /// How often the secret that cookies are made with changes.
    public var cookieLifetime: Duration
    /// Peers over plain CoAP that have shown that they are at their addresses, some 200 bytes each.
    public var plainPeers: Int
    /// Bits of an IPv4 address that say where a peer comes from, see ``SourcePrefix``.
    public var ipv4SourceBits: Int
    /// Bits of an IPv6 address that do.
    public var ipv6SourceBits: Int
    /// Wrong keys that are looked at for one identity from one source before it has to wait, and for one identity from
    /// everywhere ten times as many. One more each second.
    public var failures: Int

    /// Whoever holds more than this many of a full table's entries makes room before others do: a
    /// hundred-and-twenty-eighth of it, but four in any case. Where nobody does, what was silent longest goes.
    static func offence(in capacity: Int) -> Int { max(4, capacity / 128) }

    /// See the properties.
    public init(
        sessions: Int = 16_384,
        handshakes: Int = 65_536,
        sessionsPerIdentity: Int? = nil,
        sessionsPerSource: Int? = nil,
        idleTime: Duration = .seconds(1800),
        handshakeTime: Duration = .seconds(60),
        cookieLifetime: Duration = .seconds(60),
        plainPeers: Int = 4_096,
        ipv4SourceBits: Int = 32,
        ipv6SourceBits: Int = 56,
        failures: Int = 10
    ) {
        self.sessions = max(sessions, 1)
        self.handshakes = max(handshakes, 1)
        self.sessionsPerIdentity = sessionsPerIdentity.map { max($0, 1) }
        self.sessionsPerSource = sessionsPerSource.map { max($0, 1) }
        self.idleTime = idleTime
        self.handshakeTime = handshakeTime
        self.cookieLifetime = cookieLifetime
        self.plainPeers = max(plainPeers, 1)
        self.ipv4SourceBits = min(max(ipv4SourceBits, 0), 32)
        self.ipv6SourceBits = min(max(ipv6SourceBits, 0), 128)
        self.failures = max(failures, 1)
    }

    func source(of peer: PeerAddress) -> SourcePrefix {
        let address = peer.remote.embeddedIPv4 ?? peer.remote
        return SourcePrefix(of: address, bits: address.isIPv6 ? ipv6SourceBits : ipv4SourceBits)
    }
}
