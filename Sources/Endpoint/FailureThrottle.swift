import Credentials

/// How many wrong keys are looked at. A guess at a key is worth nothing if nobody says whether it is right: attempts
/// past the limit are neither tried nor answered, which to an honest peer looks like a lost datagram.
///
/// Counted per identity and source, so that who guesses locks out nobody elsewhere; and with ten times as much room per
/// identity, against who guesses from everywhere, which sources where the identity has succeeded do not have to mind.
/// Identities that do not exist are counted alike, so that they cannot be told from others by it.
struct FailureThrottle {
    private struct Subject: Hashable {
        let identity: [UInt8]
        /// Nil: from everywhere.
        let source: SourcePrefix?
    }

    /// A leaky bucket: failures, less one per second.
    private struct Failures {
        var level: Double = 0
        var time: Duration
        var hasSucceeded = false

        mutating func leak(_ now: Duration) {
            level = max(0, level - Double((now - time).nanoseconds) / 1e9)
            time = now
        }
    }

    private var table = RecencyTable<Subject, Failures>()
    private let limit: Double
    private static let maximumSubjects = 8_192

    init(limit: Int) {
        self.limit = Double(limit)
    }

    /// Whether an attempt may be made.
    ///
    /// - Parameters:
    ///   - identity: what the peer says that it is.
    ///   - source: where it is.
    ///   - isKnown: the identity has a session from this source.
    ///   - now: the time.
    /// - Returns: true if so.
    func allows(_ identity: [UInt8], from source: SourcePrefix, isKnown: Bool, now: Duration) -> Bool {
        // Most identities never fail.
        guard !table.isEmpty else { return true }
        let pair = failures(Subject(identity: identity, source: source), now)
        if let pair, pair.level + 1 > limit { return false }
        if isKnown || pair?.hasSucceeded == true { return true }
        guard let anywhere = failures(Subject(identity: identity, source: nil), now) else { return true }
        return anywhere.level + 1 <= limit * 10
    }

    mutating func failed(_ identity: [UInt8], from source: SourcePrefix, now: Duration) {
        for subject in [Subject(identity: identity, source: source), Subject(identity: identity, source: nil)] {
            var failures = failures(subject, now) ?? Failures(time: now)
            failures.level += 1
            set(failures, for: subject)
        }
    }

    mutating func succeeded(_ identity: [UInt8], from source: SourcePrefix, now: Duration) {
        // Nothing has to be remembered as long as nobody guesses.
        guard !table.isEmpty, table.slot(of: Subject(identity: identity, source: nil)) != nil else { return }
        set(Failures(time: now, hasSucceeded: true), for: Subject(identity: identity, source: source))
    }

    private func failures(_ subject: Subject, _ now: Duration) -> Failures? {
        guard let slot = table.slot(of: subject), var failures = table[slot] else { return nil }
        failures.leak(now)
        return failures
    }

    private mutating func set(_ failures: Failures, for subject: Subject) {
        if let slot = table.slot(of: subject) {
            table[slot] = failures
            table.touch(slot)
            return
        }
        if table.count >= Self.maximumSubjects, let oldest = table.oldest, let key = table.key(at: oldest) {
            table.remove(key)
        }
        table.insert(failures, for: subject)
    }
}

extension Duration {
    /// Whole nanoseconds; half a thousand years at most.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product &+ attoseconds / 1_000_000_000
    }
}
