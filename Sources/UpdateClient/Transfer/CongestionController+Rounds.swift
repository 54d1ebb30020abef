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
        let standing = (isJittered ? min(roundMinimum, recent) : roundMinimum) - answers.jitter / 2
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
            let age = (now - minimumSeenAt) * (hasDrained ? 1 : 2)
            // Another flow drains: the best moment to do the same.
            let othersDrain = roundMinimum < previousMinimum - blockTime.value * 3 / 4 - answers.jitter
            if isShared, !isLimited, age > drainInterval || (othersDrain && age > drainInterval / 3) {
                drain(queue: queue)
            } else {
                steer(queue: queue, recentMinimum: recent)
            }
        }
        previousMinimum = roundMinimum
    }

    private mutating func drain(queue: Int64) {
        windowAfterDrain = window
        let depth = queue + (window < 12 * Self.block ? Self.block : Self.block / 4)
        window = max(Self.block, window - depth * 256 / (256 - min(floor, 160)))
        phase = .draining
        hasDrained = true
    }

    /// A path that has become longer looks like a queue that never drains, for which the window shrinks to nothing.
    private mutating func judgeDrain() {
        let isHigher = roundMinimum > minimumRoundTrip + 2 * blockTime.least + answers.jitter
        failedDrains = isHigher && windowAfterDrain <= leastWindow ? failedDrains + 1 : 0
        guard failedDrains >= 3 else { return }
        failedDrains = 0
        minimumRoundTrip = roundMinimum
        expectedRoundTrip = 0
    }

    private mutating func steer(queue: Int64, recentMinimum: Microseconds) {
        // Whoever came into a queue that stood must not take it for the path's length.
        let longest = expectedRoundTrip + 2 * blockTime.value + answers.jitter / 2
        let mayBeEmpty = expectedRoundTrip == 0 || recentMinimum < longest
        isStarved =
            isJittered && queue < Self.block / 4 && history.recentShare < Self.heavyLoss && mayBeEmpty
        guard !isStarved else {
            // Where the path proves empty, no model of it holds the window back: a quarter more each round trip.
            window = min(max(window * 5 / 4, fullWindow), maximumWindow)
            return
        }
        let missing = queueShare - queue
        if missing > 0 {
            if window < fullWindow, !allowance.isPaused {
                window = min(fullWindow, window + max(missing, (fullWindow - window) / 2))
            }
        } else {
            window = max(leastWindow, window - min(-missing, window / 4))
        }
    }

    private var drainInterval: Microseconds {
        max(1_000_000, 9 * (minimumRoundTrip + 4 * blockTime.value))
    }
}
