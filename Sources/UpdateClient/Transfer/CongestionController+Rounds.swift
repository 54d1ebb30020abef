/// What is done once per round trip: steering and draining the own share of the queue.
extension CongestionController {
    mutating func beginRound(nextSequence: UInt32, now: Microseconds) {
        roundEnd = nextSequence
        roundStart = now
        roundAnswers = 0
        roundMinimum = .max
    }

    mutating func endRound(nextSequence: UInt32, now: Microseconds) {
        defer { beginRound(nextSequence: nextSequence, now: now) }
        let elapsed = now - roundStart
        guard elapsed > 0, roundMinimum != .max else { return }
        let rate = Int64(roundAnswers) * 1_000_000 * Self.block / elapsed
        let recent = answers.minimumRoundTrip(of: Self.standingAnswers)
        // The shortest of a few jittered round trips is still longer than the shortest possible.
        let standing =
            (isJittered ? min(roundMinimum, recent) : roundMinimum) - answers.jitter * Self.hiddenJitter / 256
        let queue = max(0, standing - emptyRoundTrip) * rate / 1_000_000
        switch phase {
        case .startup: break
        case .draining: phase = .drained
        case .drained:
            phase = .steady
            judgeDrain()
            window = min(windowAfterDrain, fullWindow)
            minimumSeenAt = now
        case .steady:
            isShared = rate * blockTime.least < Self.wholeRate * 1_000_000
            let age = (now - minimumSeenAt) * (hasDrained ? 1 : Self.undrainedAging)
            // Another flow drains: the best moment to do the same.
            let fall = blockTime.value * Self.drainFall / 256 + answers.jitter
            let othersDrain = roundMinimum < previousMinimum - fall
            if isShared, !isLimited, age > drainInterval || othersDrain && age > drainInterval / Self.earlyDrain {
                drain(queue: queue)
            } else {
                steer(queue: queue, recentMinimum: recent)
            }
        }
        previousMinimum = roundMinimum
    }

    private mutating func drain(queue: Int64) {
        windowAfterDrain = window
        let margin = window < Self.coarseWindow ? Self.block : Self.fineDrainMargin
        window = max(Self.block, window - (queue + margin) * 256 / (256 - min(floor, Self.mostCompensatedLoss)))
        phase = .draining
        hasDrained = true
    }

    /// A path that has become longer looks like a queue that never drains, for which the window shrinks to nothing.
    private mutating func judgeDrain() {
        let isHigher = roundMinimum > minimumRoundTrip + Self.nearlyEmpty * blockTime.least + answers.jitter
        failedDrains = isHigher && windowAfterDrain <= leastWindow ? failedDrains + 1 : 0
        guard failedDrains >= Self.mostFailedDrains else { return }
        failedDrains = 0
        minimumRoundTrip = roundMinimum
        expectedRoundTrip = 0
    }

    private mutating func steer(queue: Int64, recentMinimum: Microseconds) {
        // Whoever came into a queue that stood must not take it for the path's length.
        let hidden = answers.jitter * Self.hiddenJitter / 256
        let longest = expectedRoundTrip + Self.nearlyEmpty * blockTime.value + hidden
        let mayBeEmpty = expectedRoundTrip == 0 || recentMinimum < longest
        isStarved =
            isJittered && queue < Self.emptyQueue && history.recentShare < Self.heavyLoss && mayBeEmpty
        guard !isStarved else {
            // Where the path proves empty, no model of it holds the window back.
            window = min(max(window + window * Self.starvedGrowth / 256, fullWindow), maximumWindow)
            return
        }
        let missing = queueShare - queue
        if missing > 0 {
            if window < fullWindow, !allowance.isPaused {
                window = min(fullWindow, window + max(missing, (fullWindow - window) * Self.approach / 256))
            }
        } else {
            window = max(leastWindow, window - min(-missing, window * Self.mostReduction / 256))
        }
    }

    private var drainInterval: Microseconds {
        max(Self.leastDrainInterval, Self.drainRounds * (minimumRoundTrip + Self.drainBlocks * blockTime.value))
    }
}
