import Credentials

/// What an operator has to see of full tables and of guessing, without a line for each: the first time at once, then
/// summed up every ten seconds.
struct CrowdingReport {
    private struct Tally {
        var count = 0
        var event: (_ count: Int) -> EndpointEvent = { .crowded(.sessions, removed: $0, mostOf: nil) }
        /// The end of the ten seconds.
        var due: Duration?
    }

    private var sessions = Tally()
    private var handshakes = Tally()
    private var attempts = Tally()

    private static let interval = Duration.seconds(10)

    /// When `advance` has something to say.
    var due: Duration? {
        [sessions, handshakes, attempts].compactMap { $0.count > 0 ? $0.due : nil }.min()
    }

    /// An entry had to go before its time.
    /// - Returns: what is to be said now.
    mutating func removed(from table: EndpointEvent.Table, of holder: Holder?, now: Duration) -> EndpointEvent? {
        let event: (Int) -> EndpointEvent = { .crowded(table, removed: $0, mostOf: holder) }
        return switch table {
        case .sessions: Self.count(&sessions, event, now)
        case .handshakes: Self.count(&handshakes, event, now)
        }
    }

    /// An attempt at a key was not looked at.
    mutating func withheld(_ identity: PSKIdentity?, from source: SourcePrefix, now: Duration) -> EndpointEvent? {
        Self.count(&attempts, { .throttled(attempts: $0, claimed: identity, source: source) }, now)
    }

    /// What has added up.
    mutating func advance(now: Duration) -> [EndpointEvent] {
        [Self.report(&sessions, now), Self.report(&handshakes, now), Self.report(&attempts, now)].compactMap { $0 }
    }

    private static func count(_ tally: inout Tally, _ event: @escaping (Int) -> EndpointEvent, _ now: Duration)
        -> EndpointEvent?
    {
        tally.count += 1
        tally.event = event
        return report(&tally, now)
    }

    private static func report(_ tally: inout Tally, _ now: Duration) -> EndpointEvent? {
        guard tally.count > 0, tally.due.map({ $0 <= now }) ?? true else { return nil }
        defer {
            tally.count = 0
            tally.due = now + interval
        }
        return tally.event(tally.count)
    }
}
