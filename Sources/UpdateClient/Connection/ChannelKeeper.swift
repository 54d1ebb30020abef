import SeededRandom

/// Keeps a channel to the server: opens it, waits between failures, says when to give up.
///
/// Events in (`open`, `channelUp`, `channelDown`, `renew`, `timerFired`), actions out (`nextAction`).
struct ChannelKeeper {
    enum Action: Equatable {
        case open
        case close
        /// Nothing to do before this time; nil: before the caller reports on the opening.
        case wait(until: Duration?)
        /// The channel can be used.
        case use
    }

    enum Verdict: Equatable {
        case goOn
        case giveUp
        case notAuthorised
    }

    private enum State: Equatable {
        case closed
        /// To be opened at once.
        case wanted
        case waiting(until: Duration)
        case opening(since: Duration, deadline: Duration?)
        /// An answer is expected until `deadline`; nil: there was one, or how long it may take is not known.
        case up(deadline: Duration?)
        /// Was up or opening, has to be closed before anything else.
        case closing(reopenAt: Duration?)
    }

    private let policy: ConnectionPolicy
    private var random: SplitMix64
    private var state: State = .closed
    /// Channels opened since the last answer.
    private var attempts = 0
    /// When the first channel since the last answer was opened, or the one before it failed; nil: neither.
    private var silentSince: Duration?
    /// Channels opened.
    private(set) var channelsOpened = 0
    /// Channels that came up.
    private(set) var handshakes = 0
    /// Time that those took to open, in all.
    private(set) var openingTime: Duration = .zero
    /// Whether the server was there at any time.
    private(set) var wasServerSeen = false
    /// Why the channel was last not there.
    private(set) var lastReason: ChannelDownReason = .timeout

    init(policy: ConnectionPolicy, seed: UInt64) {
        self.policy = policy
        self.random = SplitMix64(seed: seed)
    }

    var isUp: Bool {
        if case .up = state { return true }
        return false
    }

    /// When `timerFired` is due while the channel is up.
    var deadline: Duration? {
        if case .up(let deadline) = state { return deadline }
        return nil
    }

    /// Wants a channel.
    mutating func open() {
        if state == .closed { state = .wanted }
    }

    /// Wants none any more.
    mutating func close() {
        switch state {
        case .closed, .wanted, .waiting: state = .closed
        case .opening, .up, .closing: state = .closing(reopenAt: nil)
        }
    }

    /// The caller opened the channel.
    ///
    /// - Parameters:
    ///   - roundTrip: as it was measured, queues included; nil: it was not.
    ///   - now: see `UpdateMachine`.
    mutating func channelUp(roundTrip: Duration?, now: Duration) {
        guard case .opening(let since, _) = state else { return }
        handshakes += 1
        openingTime += now - since
        // The channel before was lost by a new binding or a restarted server, which may happen again at once. The first
        // one has no such history, and may share its path with as many that begin now.
        let isRenewed = handshakes > 1
        let patience = roundTrip.map { max($0 * 4, Self.leastPatience) * (1 << min(attempts, 6)) / 2 }
        state = .up(deadline: isRenewed ? patience.map { now + $0 } : nil)
        if policy.channelProvesServer { wasServerSeen = true }
    }

    /// However short the round trip is, a server may be busy for so long.
    private static var leastPatience: Duration { .seconds(2) }

    /// The channel is gone, or could not be opened.
    mutating func channelDown(_ reason: ChannelDownReason, now: Duration) -> Verdict {
        switch state {
        case .closed, .wanted, .waiting: return .goOn
        case .closing(let reopenAt):
            state = reopenAt.map { .waiting(until: $0) } ?? .closed
            return .goOn
        case .opening, .up:
            state = .closed
            return failed(reason, needsClosing: false, now: now)
        }
    }

    /// The channel brings no answers any more.
    mutating func renew(now: Duration) -> Verdict {
        guard isUp else { return .goOn }
        return failed(.timeout, needsClosing: true, now: now)
    }

    /// An answer came: what was tried in vain before does not count any more.
    mutating func answered() {
        attempts = 0
        silentSince = nil
        wasServerSeen = true
        if isUp { state = .up(deadline: nil) }
    }

    mutating func timerFired(now: Duration) -> Verdict {
        switch state {
        case .waiting(let until):
            if now >= until { state = .wanted }
            return .goOn
        case .opening(_, let deadline):
            guard let deadline, now >= deadline else { return .goOn }
            return failed(.timeout, needsClosing: true, now: now)
        case .up(let deadline):
            guard let deadline, now >= deadline else { return .goOn }
            return failed(.silent, needsClosing: true, now: now)
        case .closed, .wanted, .closing:
            return .goOn
        }
    }

    mutating func nextAction(now: Duration) -> Action {
        switch state {
        case .closed:
            return .wait(until: nil)
        case .wanted:
            return opened(now: now)
        case .waiting(let until):
            return now >= until ? opened(now: now) : .wait(until: until)
        case .opening(_, let deadline):
            return .wait(until: deadline)
        case .up:
            return .use
        case .closing(let reopenAt):
            state = reopenAt.map { .waiting(until: $0) } ?? .closed
            return .close
        }
    }

    private mutating func opened(now: Duration) -> Action {
        attempts += 1
        channelsOpened += 1
        if silentSince == nil { silentSince = now }
        state = .opening(since: now, deadline: policy.openingTimeout.map { now + $0 })
        return .open
    }

    private mutating func failed(_ reason: ChannelDownReason, needsClosing: Bool, now: Duration) -> Verdict {
        // After one handshake in this run the key is known to be right.
        lastReason = reason == .unfinished && handshakes > 0 ? .timeout : reason
        let isDenied = reason == .authenticationFailed && handshakes == 0
        let silence = now - (silentSince ?? now)
        if silentSince == nil { silentSince = now }
        let isPatient = wasServerSeen && silence < policy.patience
        guard attempts < policy.maximumAttempts || isPatient, silence < policy.maximumSilence,
            channelsOpened < policy.maximumChannels, !isDenied
        else {
            state = needsClosing ? .closing(reopenAt: nil) : .closed
            return isDenied ? .notAuthorised : .giveUp
        }
        let wait = backoff(after: reason, longest: isPatient ? policy.patientBackoff : policy.maximumBackoff)
        let reopenAt = now + wait
        state = needsClosing ? .closing(reopenAt: reopenAt) : .waiting(until: reopenAt)
        return .goOn
    }

    /// A broken channel that had answers is renewed at once; after that each failure doubles the wait.
    private mutating func backoff(after reason: ChannelDownReason, longest: Duration) -> Duration {
        guard attempts > 0 else { return .zero }
        switch reason {
        // These took several round trips, and the server is there: that is wait enough.
        case .unfinished, .forgotten, .silent: return .zero
        case .lost, .timeout, .authenticationFailed, .refused, .failed: break
        }
        var wait = policy.initialBackoff
        for _ in 1..<max(attempts, 1) where wait < longest { wait = wait * 2 }
        wait = min(wait, longest)
        return wait + wait * Int(random.next() & 0xFF) / 512
    }
}
