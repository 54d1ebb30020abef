/// When the server is probed since no answer comes, and with how many requests (RFC 9002 § 6.2, RFC 8085 § 3.1.1).
///
/// Before anything is known of the path, a few *early* probes ask for block 0 again; they are no timeouts yet. Each
/// timeout in vain makes the next one later.
struct ProbeTimer {
    /// RFC 8085 § 3.1.1 says one second if nothing is known; but one request more costs one block at most, and on a
    /// fast path a second is longer than the transfer. So four go out within the first second, no more than an initial
    /// window.
    private static var maximumEarly: Int { 4 }
    /// Early probes that are for the whole block only.
    private static var plainEarly: Int { 2 }
    /// After block 0 was asked for first; doubled for each early probe.
    private static var earlyInterval: Microseconds { 100_000 }
    /// After the early probes: the next doubling of their interval.
    private static var unknownInterval: Microseconds { 1_600_000 }

    /// Probe timeout over the expected round trip, in 1/256: a block takes longer than a handshake's datagrams. 7/4.
    private static var expectedShare: Microseconds { 448 }
    /// Below it a timer of the operating system is late, above it an expectation is not believed; microseconds.
    private static var expectedRange: ClosedRange<Microseconds> { 20_000...10_000_000 }
    /// Timeouts up to which the interval doubles with every second one only; they take some thirty round trips.
    private static var few: Int { 9 }

    /// One probe in this time is no burden on any path (RFC 8085 § 3.1.1): a shorter interval doubles up to it first.
    private static var calmInterval: Microseconds { 1_000_000 }
    /// The same before the first answer: many devices may wait for theirs in one queue.
    private static var calmFirstInterval: Microseconds { 2_000_000 }
    /// Doublings after which a short interval goes beyond that.
    private static var calmDoublings: Int { 8 }
    /// Doublings of any interval: more would not be in the range of the longest one.
    private static var maximumDoublings: Int { 16 }
    /// Share of an interval, in 1/256, that jitter may add: a quarter, so that devices that lost a server together do
    /// not come back together.
    private static var jitterShare: Microseconds { 64 }

    /// Timeouts for block 0 from which not the whole of it is asked for any more.
    private static var whole: Int { 2 }
    /// In a crowd a lost request says nothing of the size; after so many timeouts in a row a smaller one is tried.
    private static var crowded: Int { 4 }
    /// The same on other paths, and on a channel that opened and carried no block since: a sign by itself.
    private static var usual: Int { 2 }
    private static var fresh: Int { 1 }

    /// Timeouts after which the caller is told that the path is dead, and again after each so many more.
    private static var reportAfter: Int { 3 }

    /// Timeouts in a row without an answer.
    private(set) var timeouts = 0
    /// Requests that a timeout allows beside the window.
    private(set) var due = 0
    private var early: Int
    /// How many timeouts the caller was told of last.
    private var reported = 0
    private var lastAt: Microseconds
    /// 0…255.
    private var jitter: Microseconds = 0

    init(now: Microseconds) {
        self.init(early: 0, now: now)
    }

    private init(early: Int, now: Microseconds) {
        self.early = early
        lastAt = now
    }

    // MARK: Events

    mutating func answered() {
        timeouts = 0
        reported = 0
        due = 0
    }

    /// What was asked for on the old channel is gone.
    mutating func channelRenewed(now: Microseconds) { self = ProbeTimer(early: early, now: now) }

    /// A timeout before anything is known of the path.
    ///
    /// - Returns: false: there were as many as there may be; it is a timeout like others.
    mutating func fireEarly(now: Microseconds) -> Bool {
        guard early < Self.maximumEarly else { return false }
        lastAt = now
        early += 1
        due = early < Self.maximumEarly ? 1 : 2
        return true
    }

    /// Whether early probes have brought so little that smaller blocks are tried.
    var isEarlyInVain: Bool { early > Self.plainEarly }

    /// A timeout.
    ///
    /// - Parameters:
    ///   - random: uniformly distributed bits.
    ///   - now: time.
    mutating func fire(random: UInt64, now: Microseconds) {
        lastAt = now
        timeouts += 1
        jitter = Microseconds(random & 0xFF)
    }

    mutating func allow(_ count: Int) { due = count }

    /// At least one.
    mutating func allowOne() { due = max(due, 1) }

    mutating func use() { due = max(0, due - 1) }

    mutating func cancel() { due = 0 }

    /// A smaller block goes out in place of one of those allowed.
    mutating func replaceOne() { due = max(1, due - 1) }

    /// Enough in vain for the caller to be told.
    ///
    /// - Returns: false if not, or if it was.
    mutating func report() -> Bool {
        guard timeouts - reported >= Self.reportAfter else { return false }
        reported = timeouts
        return true
    }

    // MARK: What they are for

    /// Block 0 was asked for twice. After that small blocks are, which tell that it was lost, or how long the queue is:
    /// many devices may wait for theirs in one, and each request more would make it longer.
    var isWholeInVain: Bool { timeouts >= Self.whole }

    /// When the small ones have brought nothing either, both.
    var areFewInVain: Bool { timeouts >= Self.few }

    /// Whether smaller blocks than those in use are tried in the middle of a transfer.
    func isSizeInDoubt(isCrowded: Bool, isFresh: Bool) -> Bool {
        timeouts >= (isCrowded ? Self.crowded : isFresh ? Self.fresh : Self.usual)
    }

    // MARK: Deadline

    /// When a request calls for a probe.
    ///
    /// - Parameters:
    ///   - first: the oldest request outstanding.
    ///   - roundTrip: as measured.
    ///   - expected: as expected; nil: not known.
    ///   - sendInterval: between two requests, where less than one may be in flight.
    ///   - longest: the longest interval.
    /// - Returns: microseconds.
    func deadline(
        first: Attempt,
        roundTrip: RoundTripEstimator,
        expected: Microseconds?,
        sendInterval: Microseconds,
        longest: Microseconds
    ) -> Microseconds {
        let interval: Microseconds
        if let timeout = roundTrip.probeTimeout {
            let base = max(timeout, sendInterval)
            interval = backedOff(base, times: max(0, timeouts - 1), calm: Self.calmInterval, longest: longest)
        } else {
            interval = firstInterval(expected: expected, longest: longest)
        }
        return max(first.sentAt, lastAt) + interval
    }

    /// Before anything is measured.
    private func firstInterval(expected: Microseconds?, longest: Microseconds) -> Microseconds {
        let calm = Self.calmFirstInterval
        if let expected {
            let base = max(expected * Self.expectedShare / 256, Self.expectedRange.lowerBound)
            let times = areFewInVain ? timeouts - Self.few / 2 - 1 : timeouts / 2
            return backedOff(min(base, Self.expectedRange.upperBound), times: times, calm: calm, longest: longest)
        }
        return early < Self.maximumEarly
            ? Self.earlyInterval << Microseconds(early)
            : backedOff(Self.unknownInterval, times: timeouts, calm: calm, longest: longest)
    }

    private func backedOff(
        _ base: Microseconds,
        times: Int,
        calm: Microseconds,
        longest: Microseconds
    ) -> Microseconds {
        var interval = base << Microseconds(min(times, Self.maximumDoublings))
        if base < Self.calmInterval, interval > Self.calmInterval {
            let beyond = min(times - Self.calmDoublings, Self.maximumDoublings)
            interval = beyond < 0 ? min(interval, calm) : Self.calmInterval << Microseconds(beyond)
        }
        interval = min(interval, max(base, longest))
        return times == 0 ? interval : interval + interval * Self.jitterShare / 256 * jitter / 256
    }
}
