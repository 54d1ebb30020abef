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
        return first.sentAt + probeInterval
    }

    /// The time that a request may take before the server is probed, doubled for each probe in vain.
    private var probeInterval: Microseconds {
        let base = roundTrip.probeTimeout ?? initialProbeTimeout
        let shift = min(silentProbes, 16)
        return min(base << Microseconds(shift), max(base, configuration.maximumProbeInterval.clampedMicroseconds))
    }

    /// RFC 8085 § 3.1.1: one second if nothing is known.
    private var initialProbeTimeout: Microseconds {
        guard let expected = configuration.expectedRoundTrip else { return 1_000_000 }
        return max(10_000, min(expected.clampedMicroseconds * 2, 60_000_000))
    }

    /// Gives up requests that a later answer and the time passed have made hopeless.
    private mutating func loseOverdue(now: Microseconds) {
        while let first = attempts.firstOutstanding, first.sequence < largestAnswered,
            first.sentAt + roundTrip.lossDelay <= now
        {
            lose(first)
        }
    }

    mutating func lose(_ attempt: Attempt) {
        attempts.finish(attempt.sequence, as: .lost)
        congestion.lost()
        releaseBlock(of: attempt)
    }

    /// The block of a request that ended without it is needed again, unless another request for it is under way.
    mutating func releaseBlock(of attempt: Attempt) {
        guard attempt.szx == identity?.szx, !blocks.isReceived(attempt.block) else { return }
        if hedgesSent > 0, attempts.isOutstanding(block: attempt.block) { return }
        blocks.clearRequested(attempt.block)
    }

    private mutating func probeTimeout(now: Microseconds) -> TimerOutcome {
        silentProbes += 1
        // Overdue ones are given up, so that they can be asked for again as the window allows.
        let interval = roundTrip.probeTimeout ?? initialProbeTimeout
        while let first = attempts.firstOutstanding, first.sentAt + interval <= now { lose(first) }
        guard silentProbes <= configuration.maximumSilentProbes else {
            _ = fail(.noAnswer)
            return .failed(.noAnswer)
        }
        congestion.silence(count: silentProbes, nextSequence: attempts.next, now: now)
        probesDue = order == .any && phase == .transferring ? 2 : 1
        return silentProbes % 3 == 0 ? .unresponsive : .none
    }
}
