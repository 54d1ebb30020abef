import CoAP

extension BlockTransfer {
    /// When `timerFired` and then `nextRequest` should be called next; nil: only an answer can change anything.
    public var nextWakeup: Duration? {
        var wakeup: Microseconds?
        switch phase {
        case .first, .transferring, .verifying:
            wakeup = attemptDeadline
            if let paced = pacedUntil { wakeup = min(wakeup ?? paced, paced) }
            if attempts.outstanding == 0 || pausedUntil > lastAnswerAt {
                wakeup = min(wakeup ?? pausedUntil, pausedUntil)
            }
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
        guard let deadline = attemptDeadline, deadline <= now, let first = attempts.firstOutstanding else {
            return .none
        }
        if first.sequence < largestAnswered {
            loseOverdue(now: now)
            return .none
        }
        return probeTimeout(now: now)
    }

    /// When the oldest outstanding request counts as lost or calls for a probe.
    private var attemptDeadline: Microseconds? {
        guard let first = attempts.firstOutstanding else { return nil }
        if first.sequence < largestAnswered { return first.sentAt + roundTrip.lossDelay }
        return max(first.sentAt, lastProbeAt) + probeInterval
    }

    /// The time that a request may take before the server is probed, doubled for each probe in vain.
    private var probeInterval: Microseconds {
        guard let base = roundTrip.probeTimeout else { return firstProbeInterval }
        return backedOff(base, times: silentProbes)
    }

    /// Before anything is measured. RFC 8085 § 3.1.1 says one second if nothing is known; but one request more costs one
    /// block at most, and on a fast path a second is longer than the transfer, so two are spent early.
    private var firstProbeInterval: Microseconds {
        if let expected = configuration.expectedRoundTrip {
            return backedOff(min(max(2 * expected.clampedMicroseconds, 20_000), 10_000_000), times: silentProbes)
        }
        return switch earlyProbes {
        case 0: 100_000
        case 1: 200_000
        default: backedOff(1_000_000, times: silentProbes)
        }
    }

    private func backedOff(_ base: Microseconds, times: Int) -> Microseconds {
        let longest = max(base, configuration.maximumProbeInterval.clampedMicroseconds)
        let interval = min(base << Microseconds(min(times, 16)), longest)
        // Up to a quarter more, so that devices that lost a server together do not come back together.
        return times == 0 ? interval : interval + interval / 4 * probeJitter / 256
    }

    /// Gives up requests that a later answer and the time passed have made hopeless.
    mutating func loseOverdue(now: Microseconds) {
        while let first = attempts.firstOutstanding, first.sequence < largestAnswered,
            first.sentAt + roundTrip.lossDelay <= now
        {
            lose(first)
        }
    }

    mutating func lose(_ attempt: Attempt) {
        attempts.finish(attempt.sequence, as: .lost)
        congestion.lost(attempt)
        releaseBlock(of: attempt)
    }

    /// The block of a request that ended without it is needed again, unless another request for it is under way.
    mutating func releaseBlock(of attempt: Attempt) {
        guard attempt.szx == identity?.szx, !blocks.isReceived(attempt.block) else { return }
        if hedgesSent > 0, attempts.isOutstanding(block: attempt.block) { return }
        blocks.clearRequested(attempt.block)
    }

    private mutating func probeTimeout(now: Microseconds) -> TimerOutcome {
        lastProbeAt = now
        if !roundTrip.hasSample, configuration.expectedRoundTrip == nil, earlyProbes < 2 {
            earlyProbes += 1
            probesDue = 1
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
        // RFC 9002 § 6.2.4: two, since one is lost easily. A server that answers in order only gets one at a time.
        probesDue = order == .any ? 2 : 1
        return silentProbes % 3 == 0 ? .unresponsive : .none
    }
}
