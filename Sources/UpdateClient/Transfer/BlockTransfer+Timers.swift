import CoAP

extension BlockTransfer {
    /// When `timerFired` and then `nextRequest` should be called next; nil: only an answer can change anything.
    ///
    /// Ahead of the `now` of the last call, once `nextRequest` has returned nil.
    public var nextWakeup: Duration? {
        var wakeup: Microseconds?
        switch phase {
        case .first, .transferring, .verifying:
            wakeup = attemptDeadline
            if let stall = stallDeadline { wakeup = min(wakeup ?? stall, stall) }
            if let death = deathDeadline { wakeup = min(wakeup ?? death, death) }
            let sendable = isPaused ? pausedUntil : pacedUntil ?? (attempts.outstanding == 0 ? lastAnswerAt : nil)
            if let sendable { wakeup = min(wakeup ?? sendable, sendable) }
        case .idle, .holding, .changed, .complete, .failed:
            break
        }
        return wakeup.map { .microseconds($0) }
    }

    /// Tells that time has passed; harmless when nothing is due.
    public mutating func timerFired(now: Duration) -> TimerOutcome {
        let now = now.clampedMicroseconds
        switch phase {
        case .first, .transferring, .verifying: break
        case .failed(let error): return .failed(error)
        case .idle, .holding, .changed, .complete: return .none
        }
        // As often as is due: the next wake-up must lie ahead.
        while let stall = stallDeadline, stall <= now { stallRequests += 1 }
        let isDead = deathDeadline.map { $0 <= now } ?? false
        if isDead { isDeathReported = true }
        loseOverdue(now: now)
        var outcome = TimerOutcome.none
        if let deadline = attemptDeadline, deadline <= now { outcome = probeTimeout(now: now) }
        guard isDead, outcome == .none else { return outcome }
        doubtRepresentation()
        return .unresponsive
    }

    /// When the oldest outstanding request counts as lost or calls for a probe.
    private var attemptDeadline: Microseconds? {
        guard let first = attempts.firstOutstanding else { return nil }
        if first.sequence < largestAnswered { return first.sentAt + lossDelay }
        return max(first.sentAt, lastProbeAt) + probeInterval
    }

    /// When the next answer is overdue by so much that the path is probably running empty: blocks that waited in the
    /// queue together arrive one block time apart, others a round trip after their request. Then one request goes out
    /// in place of each answer that did not come, up to four; nothing is given up for that.
    private var stallDeadline: Microseconds? {
        guard phase == .transferring, order == .any, !congestion.isCrowded, stallRequests < Self.maximumStallRequests,
            let spacing = congestion.answerSpacing, let first = attempts.firstOutstanding
        else { return nil }
        let expected = max(lastAnswerAt + spacing, first.sentAt + congestion.minimumRoundTrip)
        return expected + max(spacing, roundTrip.variation / 4 + congestion.answers.jitter)
            + (spacing << Microseconds(stallRequests)) - spacing
    }

    /// When an answer is overdue, after its request, once a later request was answered. With jitter: longer than any
    /// that came lately took.
    var lossDelay: Microseconds {
        max(roundTrip.lossDelay, congestion.answers.longestJittered + congestion.answers.jitter / 2)
    }

    /// The time that a request may take before the server is probed, doubled for each probe in vain.
    private var probeInterval: Microseconds {
        guard let timeout = roundTrip.probeTimeout else { return firstProbeInterval }
        let base = max(timeout, congestion.sendInterval)
        return backedOff(base, times: max(0, silentProbes - 1))
    }

    /// Before anything is measured. RFC 8085 § 3.1.1 says one second if nothing is known; but one request more costs
    /// one block at most, and on a fast path a second is longer than the transfer. So four go out within the first
    /// second, no more than an initial window, and then ever fewer.
    private var firstProbeInterval: Microseconds {
        if let expected = expectedRoundTrip {
            let base = min(max(expected * 7 / 4, 20_000), 10_000_000)
            return backedOff(
                base,
                times: silentProbes < Self.fewProbes ? silentProbes / 2 : silentProbes - Self.fewProbes / 2 - 1
            )
        }
        return earlyProbes < Self.maximumEarlyProbes
            ? 100_000 << Microseconds(earlyProbes) : backedOff(1_600_000, times: silentProbes)
    }

    private static var maximumEarlyProbes: Int { 4 }

    private func backedOff(_ base: Microseconds, times: Int) -> Microseconds {
        let longest = max(base, configuration.maximumProbeInterval.clampedMicroseconds)
        var interval = base << Microseconds(min(times, 16))
        if base < 1_000_000, interval > 1_000_000 {
            // A second is no burden; on a short path the doubling goes beyond it after eight probes only. Before the
            // first answer, two: many devices may wait for theirs in one queue.
            let short: Microseconds = roundTrip.hasSample ? 1_000_000 : 2_000_000
            interval = times < 8 ? min(interval, short) : 1_000_000 << Microseconds(min(times - 8, 16))
        }
        interval = min(interval, longest)
        // Up to a quarter more, so that devices that lost a server together do not come back together.
        return times == 0 ? interval : interval + interval / 4 * probeJitter / 256
    }

    /// Gives up requests that a later answer and the time passed have made hopeless.
    mutating func loseOverdue(now: Microseconds) {
        while let first = attempts.firstOutstanding, first.sequence < largestAnswered,
            first.sentAt + lossDelay <= now
        {
            lose(first)
        }
    }

    mutating func lose(_ attempt: Attempt) {
        attempts.finish(attempt.sequence, as: .lost)
        congestion.lost(attempt, nextSequence: attempts.next)
        releaseBlock(of: attempt)
    }

    /// The block of a request that ended without it is needed again, unless another request for it is under way.
    mutating func releaseBlock(of attempt: Attempt) {
        guard attempt.szx == identity?.szx, !blocks.isReceived(attempt.block) else { return }
        if hedgesSent > 0, attempts.isOutstanding(block: attempt.block, szx: attempt.szx) { return }
        blocks.clearRequested(attempt.block)
    }

    private mutating func probeTimeout(now: Microseconds) -> TimerOutcome {
        lastProbeAt = now
        if !roundTrip.hasSample, expectedRoundTrip == nil, earlyProbes < Self.maximumEarlyProbes {
            earlyProbes += 1
            probesDue = earlyProbes < Self.maximumEarlyProbes ? 1 : 2
            if earlyProbes > 2 { search.silence() }
            return .none
        }
        silentProbes += 1
        probeJitter = Microseconds(random.next() & 0xFF)
        // Overdue ones are given up and asked for again, as the window allows.
        if phase == .transferring {
            let interval = roundTrip.probeTimeout ?? 0
            while let first = attempts.firstOutstanding, first.sentAt + interval <= now { lose(first) }
        }
        guard silentProbes <= configuration.maximumSilentProbes else {
            _ = fail(.noAnswer)
            return .failed(.noAnswer)
        }
        congestion.silence(count: silentProbes, nextSequence: attempts.next, now: now)
        probesDue = probeCount
        // A channel that opened and carried no block since is a sign by itself.
        let isFresh = !isChannelAnswered && (phase == .transferring || search.hasBegun)
        let leastSilence = congestion.isCrowded ? Self.crowdedProbes : isFresh ? 1 : 2
        if phase == .first {
            askForFirst()
        } else if silentProbes >= leastSilence {
            // In place of one of the probes.
            search.silence()
            probesDue = max(1, probesDue - 1)
        }
        return isUnresponsive(now: now) ? .unresponsive : .none
    }

    /// Block 0 stays away. It is asked for twice; after that small blocks are, which tell that it was lost, or how long
    /// the queue is: many devices may wait for theirs in one, and each request more would make it longer. When that has
    /// brought nothing either, both.
    private mutating func askForFirst() {
        guard silentProbes >= Self.wholeProbes, requestSZX > configuration.minimumSZX else { return }
        search.silence()
        // On a short path many are lost in one burst sooner than they would make a queue.
        guard !isShortPath else { return }
        if silentProbes < Self.fewProbes { probesDue = 0 }
    }

    private var isShortPath: Bool { (expectedRoundTrip ?? .max) < Self.shortPath }

    /// Microseconds.
    private static var shortPath: Microseconds { 60_000 }
    private static var wholeProbes: Int { 2 }
    /// They take some thirty round trips.
    private static var fewProbes: Int { 9 }
    /// In a crowd a lost request says nothing of the size; after so many timeouts in a row, a second one is tried.
    private static var crowdedProbes: Int { 4 }

    /// When so many requests in a row, all since the latest answer, are overdue that chance cannot have lost them: a
    /// binding that a NAT has forgotten, a server that was restarted. Not told twice without an answer in between, and
    /// not on a channel that brought no answer yet: another one would do no better.
    private var deathDeadline: Microseconds? {
        guard phase == .transferring, isChannelAnswered, !isDeathReported, !isPaused,
            let patience = roundTrip.probeTimeout
        else { return nil }
        // Lost by chance with less than one in 65 536: loss ^ overdue < 2 ^ -16.
        let loss = UInt64(min(max(1, congestion.lossPer256), 128))
        let bits = UInt32(63 - (256 / loss).leadingZeroBitCount)
        let needed = max(Self.leastOverdue, (15 + bits) / bits)
        // What a refusal has made void is not waited for.
        guard let last = attempts.find(largestAnswered + needed), last.state == .outstanding || last.state == .lost
        else {
            return nil
        }
        return max(last.sentAt + patience, lastAnswerAt + Self.leastSilence)
    }

    /// However little was lost up to now, fewer overdue requests say nothing.
    private static var leastOverdue: UInt32 { 4 }

    /// A server may be busy for so long, however short the path is.
    private static var leastSilence: Microseconds { 250_000 }

    /// RFC 9002 § 6.2.4: two, since one is lost easily, and twice as many each time up to a quarter of the window, as
    /// bursts of loss are counted in datagrams. Block 0 would come several times, and the path may be slow however
    /// short it is: one at first, and a few more where the path is short. One for a server that answers in order.
    private var probeCount: Int {
        guard order == .any, !congestion.isCrowded else { return 1 }
        if phase == .transferring { return min(2 << min(silentProbes - 1, 2), max(4, Int(congestion.window / 1024))) }
        return isShortPath ? min(silentProbes, 4) : min(max(silentProbes - 2, 1), 2)
    }

    /// Three probes in vain, and at least a second without an answer, so that a few lost datagrams on a short path do
    /// not cost a handshake; then again after each three more. Others may have begun at the same time and fill a queue
    /// that the handshake has not seen: the first blocks are waited for as long as a queue of 128 KiB takes at
    /// 250 kbit/s, and so are all in a crowd.
    private mutating func isUnresponsive(now: Microseconds) -> Bool {
        let isNewOrCrowded = blocks.receivedCount < Self.firstBlocks || congestion.isCrowded
        let patience = isNewOrCrowded ? Self.longSilence : Self.shortSilence
        guard silentProbes - reportedProbes >= 3, now - lastAnswerAt >= patience else { return false }
        reportedProbes = silentProbes
        doubtRepresentation()
        return true
    }

    private static var firstBlocks: UInt32 { 8 }
    /// Microseconds.
    private static var shortSilence: Microseconds { 1_000_000 }
    private static var longSilence: Microseconds { 5_000_000 }
}
