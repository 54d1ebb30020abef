import Credentials
import DTLS

/// Who held the most of a full table.
public enum Holder: Hashable, Sendable, CustomStringConvertible {
    case identity(PSKIdentity)
    case source(SourcePrefix)

    /// As the log names it.
    public var description: String {
        switch self {
        case .identity(let identity): "identity \(identity)"
        case .source(let source): "source \(source)"
        }
    }
}

/// The established sessions, in the order of their last use and by who holds how many.
struct SessionTable {
    private var table = RecencyTable<PeerAddress, Session>()
    private var byIdentity = Shares<PSKIdentity>()
    private var bySource = Shares<SourcePrefix>()

    var count: Int { table.count }

    subscript(address: PeerAddress) -> Session? { table.slot(of: address).flatMap { table[$0] } }

    /// The session that was silent longest.
    var leastRecentlyUsed: Session? { table.oldest.flatMap { table[$0] } }

    /// All of them, in no order.
    var all: [Session] { table.keys.compactMap { self[$0] } }

    mutating func insert(_ session: Session) {
        let slot = table.insert(session, for: session.address)
        session.slot = slot
        byIdentity.add(slot.index, of: session.identity)
        bySource.add(slot.index, of: session.source)
    }

    mutating func remove(_ session: Session) {
        guard self[session.address] === session else { return }
        byIdentity.remove(session.slot.index)
        bySource.remove(session.slot.index)
        table.remove(session.address)
    }

    /// The session has been used just now.
    mutating func touch(_ session: Session) { table.touch(session.slot) }

    /// This identity's oldest session.
    func oldest(of identity: PSKIdentity) -> Session? { byIdentity.oldest(of: identity).flatMap { session(at: $0) } }

    /// The session that has to go before one of this identity and source comes, and on whose account.
    func victim(for identity: PSKIdentity, _ source: SourcePrefix, _ limits: EndpointLimits) -> (Session, Holder?)? {
        if let limit = limits.sessionsPerIdentity, byIdentity.count(of: identity) >= limit {
            return oldest(of: identity).map { ($0, .identity(identity)) }
        }
        if let limit = limits.sessionsPerSource, bySource.count(of: source) >= limit {
            return bySource.oldest(of: source).flatMap { session(at: $0) }.map { ($0, .source(source)) }
        }
        guard count >= limits.sessions else { return nil }
        let identity = byIdentity.greatest
        let source = bySource.greatest
        let most = max(identity?.count ?? 0, source?.count ?? 0)
        if most > EndpointLimits.offence(in: limits.sessions) {
            if let source, source.count == most, let session = session(at: source.oldest) {
                return (session, .source(source.holder))
            }
            if let identity, let session = session(at: identity.oldest) {
                return (session, .identity(identity.holder))
            }
        }
        return leastRecentlyUsed.map { ($0, nil) }
    }

    private func session(at index: Int) -> Session? { table[RecencyTable.Slot(index: index)] }
}

/// The handshakes in progress, in the order of their beginning and by who has how many.
struct HandshakeTable {
    /// Entries whose memory is worth keeping.
    private static let usualCapacity = 1_024

    private var table = RecencyTable<PeerAddress, Handshake>()
    private var bySource = Shares<SourcePrefix>()

    var count: Int { table.count }

    subscript(address: PeerAddress) -> Handshake? { table.slot(of: address).flatMap { table[$0] } }

    var all: [Handshake] { table.keys.compactMap { self[$0] } }

    /// The one that began first, and expires first.
    var oldest: Handshake? { table.oldest.flatMap { table[$0] } }

    mutating func insert(_ handshake: Handshake) {
        let slot = table.insert(handshake, for: handshake.address)
        handshake.slot = slot
        bySource.add(slot.index, of: handshake.source)
    }

    mutating func remove(_ handshake: Handshake) {
        guard self[handshake.address] === handshake else { return }
        bySource.remove(handshake.slot.index)
        table.remove(handshake.address)
        // What a crowd made of it goes with the last of them.
        if table.isEmpty, table.capacity > Self.usualCapacity { self = HandshakeTable() }
    }

    /// The handshake whose answer may have to be sent again; nil: it is over, or further than that.
    func awaitingLastFlight(_ entry: Repetitions.Entry) -> ServerHandshake? {
        self[entry.address]?.all.first { $0.fingerprint == entry.fingerprint && $0.awaitsLastFlight }
    }

    /// Whether there are so many, or so many of this source, that one more is likely to come to nothing.
    func isCrowded(_ source: SourcePrefix, _ limits: EndpointLimits) -> Bool {
        count > limits.handshakes / 4 || bySource.count(of: source) > EndpointLimits.offence(in: limits.handshakes)
    }

    /// The handshake that has to go before another comes, and on whose account.
    func victim(_ limits: EndpointLimits) -> (Handshake, Holder?)? {
        guard count >= limits.handshakes else { return nil }
        if let source = bySource.greatest, source.count > EndpointLimits.offence(in: limits.handshakes),
            let handshake = table[RecencyTable.Slot(index: source.oldest)]
        {
            return (handshake, .source(source.holder))
        }
        return oldest.map { ($0, nil) }
    }
}
