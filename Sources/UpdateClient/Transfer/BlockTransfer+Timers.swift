import CoAP

extension BlockTransfer {
    /// Microseconds: on a shorter path many requests are lost in one burst sooner than they would make a queue.
    private static var shortPath: Microseconds { 60_000 }
    /// Requests overdue before the path can be dead: however little was lost up to now, fewer say nothing.
    private static var leastOverdue: UInt32 { 4 }
    /// Bits of chance: the path is taken for dead when loss alone would have done it less than once in 65 536 times.
    private static var chanceBits: UInt32 { 16 }
    /// In 1/256: if half of all requests are lost or more, half is reckoned with.
    private static var mostLoss: Int64 { 128 }
    /// Microseconds: a server may be busy for so long, however short the path is.
    private static var busyServer: Microseconds { 250_000 }
    /// Microseconds without an answer before the path can be dead: a few lost datagrams on a short path must not cost a
    /// handshake.
    private static var shortSilence: Microseconds { 1_000_000 }
    /// The same for the first blocks and in a crowd: as long as a queue of 128 KiB takes at 250 kbit/s. Others may have
    /// begun at the same time and fill a queue that the handshake has not seen.
    private static var longSilence: Microseconds { 5_000_000 }
    /// Blocks that are the first ones: two initial windows.
    private static var firstBlocks: UInt32 { 8 }
    /// Probes go out two at a time, and twice as many for each timeout, up to this many doublings.
    private static var probeDoublings: Int { 2 }
    /// At most so many, or the share of the window that is one in as many.
    private static var mostProbes: Int { 4 }

    /// When `timerFired` and then `nextRequest` should be called next; nil: only an answer can change anything.
    ///
    /// Ahead of the `now` of the last call, once `nextRequest` has returned nil.
    public var nextWakeup: Duration? {
        guard isRunning else { return nil }
        var wakeup: Microseconds?
        let timers = TransferTimer.all
        for index in timers.indices {
            guard let deadline = deadline(of: timers[index]) else { continue }
            wakeup = min(wakeup ?? deadline, deadline)
        }
        return wakeup.map { .microseconds($0) }
    }

    /// Tells that time has passed; harmless when nothing is due.
    public mutating func timerFired(now: Duration) -> TimerOutcome {
        if case .failed(let error) = phase { return .failed(error) }
        guard isRunning else { return .none }
        let now = now.clampedMicroseconds
        // As often as is due: the next wake-up must lie ahead.
        while isDue(.stall, now: now) { download.stall.fire() }
        let isDead = isDue(.death, now: now)
        if isDead { channel = .reportedDead }
        loseOverdue(now: now)
        let outcome = isDue(.probe, now: now) ? probeTimeout(now: now) : .none
        guard isDead, outcome == .none else { return outcome }
        doubtRepresentation()
        return .unresponsive
    }

    private var isRunning: Bool {
        switch phase {
        case .first, .transferring, .verifying: true
        case .idle, .holding, .changed, .complete, .failed: false
        }
    }

    private func isDue(_ timer: TransferTimer, now: Microseconds) -> Bool {
        deadline(of: timer).map { $0 <= now } ?? false
    }

    /// When a timer is due; nil: it does not run.
    private func deadline(of timer: TransferTimer) -> Microseconds? {
        switch timer {
        case .loss:
            guard let first = attempts.firstOutstanding, losses.isPassed(first.sequence) else { return nil }
            return first.sentAt + lossDelay
        case .probe:
            guard let first = attempts.firstOutstanding, !losses.isPassed(first.sequence) else { return nil }
            return download.probes.deadline(
                first: first,
                roundTrip: roundTrip,
                expected: expectedRoundTrip,
                sendInterval: congestion.sendInterval,
                longest: configuration.maximumProbeInterval.clampedMicroseconds
            )
        case .stall:
            guard phase == .transferring, download.order == .any, !congestion.isCrowded,
                let spacing = congestion.answerSpacing, let first = attempts.firstOutstanding
            else { return nil }
            return download.stall.deadline(
                first: first,
                lastAnswerAt: download.lastAnswerAt,
                spacing: spacing,
                shortest: congestion.minimumRoundTrip,
                variation: roundTrip.variation,
                jitter: congestion.answers.jitter
            )
        case .death:
            return deathDeadline
        case .send:
            switch download.hold {
            case .pause(let until), .pacing(let until): return until
            case .none: return attempts.outstanding == 0 ? download.lastAnswerAt : nil
            }
        }
    }

    // MARK: Loss

    /// When an answer is overdue, after its request, once a later request was answered. With jitter: longer than any
    /// that came lately took.
    private var lossDelay: Microseconds {
        max(roundTrip.lossDelay, congestion.answers.longestJittered + congestion.answers.jitter / 2)
    }

    /// Gives up requests that a later answer and the time passed have made hopeless.
    mutating func loseOverdue(now: Microseconds) {
        while isDue(.loss, now: now), let first = attempts.firstOutstanding { lose(first) }
    }

    mutating func lose(_ attempt: Attempt) {
        attempts.finish(attempt.sequence, as: .lost)
        congestion.lost(attempt, nextSequence: attempts.next)
        releaseBlock(of: attempt)
    }

    /// The block of a request that ended without it is needed again, unless another request for it is under way.
    mutating func releaseBlock(of attempt: Attempt) {
        guard attempt.szx == identity?.szx, !blocks.isReceived(attempt.block) else { return }
        if download.hedges.isUsed, attempts.isOutstanding(block: attempt.block, szx: attempt.szx) { return }
        blocks.clearRequested(attempt.block)
    }

    // MARK: Probes

    private mutating func probeTimeout(now: Microseconds) -> TimerOutcome {
        if !roundTrip.hasSample, expectedRoundTrip == nil, download.probes.fireEarly(now: now) {
            if download.probes.isEarlyInVain { search.silence() }
            return .none
        }
        download.probes.fire(random: random.next(), now: now)
        // Overdue ones are given up and asked for again, as the window allows.
        if phase == .transferring {
            let interval = roundTrip.probeTimeout ?? 0
            while let first = attempts.firstOutstanding, first.sentAt + interval <= now { lose(first) }
        }
        guard download.probes.timeouts <= configuration.maximumSilentProbes else {
            _ = fail(.noAnswer)
            return .failed(.noAnswer)
        }
        congestion.silence(count: download.probes.timeouts, nextSequence: attempts.next, now: now)
        download.probes.allow(probeCount)
        if phase == .first {
            askForFirst()
        } else {
            // A channel that opened and carried no block since is a sign by itself.
            let isFresh = channel == .unproven && (phase == .transferring || search.hasBegun)
            if download.probes.isSizeInDoubt(isCrowded: congestion.isCrowded, isFresh: isFresh) {
                search.silence()
                download.probes.replaceOne()
            }
        }
        return isUnresponsive(now: now) ? .unresponsive : .none
    }

    /// Block 0 stays away.
    private mutating func askForFirst() {
        guard download.probes.isWholeInVain, requestSZX > configuration.minimumSZX else { return }
        search.silence()
        if !isShortPath, !download.probes.areFewInVain { download.probes.cancel() }
    }

    private var isShortPath: Bool { (expectedRoundTrip ?? .max) < Self.shortPath }

    /// RFC 9002 § 6.2.4: two, since one is lost easily, and twice as many each time up to a quarter of the window, as
    /// bursts of loss are counted in datagrams. Block 0 would come several times, and the path may be slow however
    /// short it is: one at first, and a few more where the path is short. One for a server that answers in order.
    private var probeCount: Int {
        guard download.order == .any, !congestion.isCrowded else { return 1 }
        let timeouts = download.probes.timeouts
        if phase == .transferring {
            let share = Int(congestion.window / CongestionController.block) / Self.mostProbes
            return min(2 << min(timeouts - 1, Self.probeDoublings), max(Self.mostProbes, share))
        }
        return isShortPath ? min(timeouts, Self.mostProbes) : min(max(timeouts - 2, 1), 2)
    }

    // MARK: Dead paths

    /// When so many requests in a row, all since the latest answer, are overdue that chance cannot have lost them: a
    /// binding that a NAT has forgotten, a server that was restarted.
    private var deathDeadline: Microseconds? {
        if case .pause = download.hold { return nil }
        guard phase == .transferring, channel == .answering, let patience = roundTrip.probeTimeout else { return nil }
        // loss ^ overdue < 2 ^ -chanceBits, with the whole bits that one lost request is worth.
        let loss = UInt64(min(max(1, congestion.lossPer256), Self.mostLoss))
        let bits = UInt32(63 - (256 / loss).leadingZeroBitCount)
        let needed = max(Self.leastOverdue, (Self.chanceBits - 1 + bits) / bits)
        // What a refusal has made void is not waited for.
        guard let last = attempts.find(losses.largestAnswered + needed),
            last.state == .outstanding || last.state == .lost
        else { return nil }
        return max(last.sentAt + patience, download.lastAnswerAt + Self.busyServer)
    }

    /// Enough probes in vain, and long enough without an answer.
    private mutating func isUnresponsive(now: Microseconds) -> Bool {
        let isNewOrCrowded = blocks.receivedCount < Self.firstBlocks || congestion.isCrowded
        let patience = isNewOrCrowded ? Self.longSilence : Self.shortSilence
        guard now - download.lastAnswerAt >= patience, download.probes.report() else { return false }
        doubtRepresentation()
        return true
    }
}
