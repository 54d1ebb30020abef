/// How many requests may be in flight, and how far apart they are sent.
///
/// The client decides how much the server sends: one small request releases one block. Blocks all have one size, so
/// everything is counted in blocks. The control is by delay, since loss says little on the links this is made for:
///
/// - The least spacing in which answers arrive is the time that the bottleneck needs for a block. With the shortest RTT
///   that gives the number of blocks that fill the path, the *pipe*. A window of one pipe and a few blocks of queue is
///   reached within a round trip of the first answers, and is never exceeded but for what is lost.
/// - Once per round trip the own share of the queue, (RTT − shortest RTT) · own delivery rate, is steered to a few
///   blocks; a surge of delay cuts the window to what recently arrived.
/// - What is lost although there was next to no queue is the link's own loss, the *floor*: to get as many answers, more
///   requests are in flight. Where requests that met a queue are lost more often than the others, the queue is shallow:
///   the allowance for loss shrinks, down to pipe and queue alone.
/// - When the shortest RTT was not seen for a while the own share of the queue is drained for a moment. All flows
///   see each other's drains and so come to do it together, which lets every one of them see the true shortest RTT.
struct CongestionController {
    enum Phase {
        /// The window grows by one for every answer.
        case startup
        case steady
        /// In flight falls by the own share of the queue.
        case draining
        /// The queue is drained; its RTT is being measured.
        case drained
    }

    /// Blocks of its own that a flow keeps in the queue, in 1/256.
    static var targetQueue: Int64 { 2 * 256 - 32 }
    /// What any queue can be expected to hold: the initial window, and the least one of a flow that has the path to itself.
    static var smallWindow: Int64 { 4 * 256 }
    /// Answers from which the time of a block is known well enough.
    static var startupAnswers: Int { 4 }

    private(set) var phase: Phase = .startup
    /// Requests in flight, in 1/256.
    private(set) var window: Int64
    private var windowAfterDrain: Int64 = 0
    private let maximumWindow: Int64

    /// The shortest RTT; 0: none.
    private(set) var minimumRoundTrip: Microseconds = 0
    /// When a round trip about as short was seen last, or the queue was drained.
    private var minimumSeenAt: Microseconds = 0
    private(set) var blockTime = BlockTimeEstimator()
    /// Of the latest answers, the last one first.
    private var roundTrips = InlineArray<4, Microseconds>(repeating: 0)
    private var sequences = InlineArray<4, UInt32>(repeating: 0)

    private var history = LossHistory()
    private var floor: Int64 { history.floor }
    /// How much of the allowance for varying loss is made use of, 0…4: a shallow queue has no room for it.
    private var spread: Int64 = 4
    private var spreadSamples = 0
    private var hasDrained = false
    /// Drains in a row that did not bring the shortest RTT back, with the smallest window.
    private var failedDrains = 0
    /// Whether answers come at clearly less than the pace of the link.
    private var isShared = false
    private var leastWindow: Int64 { isShared ? Self.smallWindow / 2 : Self.smallWindow }
    /// The target, but less where several flows share a path that two blocks each would fill many times over.
    private var queueShare: Int64 {
        isShared && minimumRoundTrip < 8 * blockTime.least ? Self.targetQueue / 2 : Self.targetQueue
    }
    /// Requests to go before the window may grow again.
    private var testSamples = 0

    // The round trip under way: it ends with the answer to the first request sent after it began.
    private var roundEnd: UInt32 = 0
    private var roundStart: Microseconds = 0
    private var roundAnswers: UInt32 = 0
    private var roundMinimum: Microseconds = .max
    private var previousMinimum: Microseconds = 0
    private var nextSendAt: Microseconds = 0

    init(maximumInFlight: Int) {
        maximumWindow = Int64(maximumInFlight) * 256
        window = min(4 * 256, maximumWindow)
    }

    /// Share of the recent requests that were lost.
    var lossPer256: Int64 { history.recentShare }

    /// Time between answers while the path is full; nil: not known.
    var answerSpacing: Microseconds? { phase == .startup ? nil : blockTime.value }

    /// Whether a request found next to no queue: if it is lost, then not because of one. The round trip of the answered
    /// request next to it tells, the one before rather than the one after.
    private func isQuiet(_ sequence: UInt32) -> Bool {
        guard phase != .startup else { return false }
        var nearest = 0
        for index in 1..<4 where sequences[index] != 0 {
            let isBefore = sequences[index] < sequence
            let nearestIsBefore = sequences[nearest] < sequence
            if isBefore == nearestIsBefore {
                if isBefore ? sequences[index] > sequences[nearest] : sequences[index] < sequences[nearest] {
                    nearest = index
                }
            } else if isBefore {
                nearest = index
            }
        }
        return roundTrips[nearest] <= minimumRoundTrip + blockTime.value * 2
    }

    // MARK: Pacing

    /// When the next request may go out, if the window has room.
    func sendTime(now: Microseconds) -> Microseconds { max(now, nextSendAt) }

    mutating func sent(now: Microseconds) {
        guard phase != .startup else { return }
        // A little faster than the bottleneck, and by what is lost. Losses between them let answers look further apart than the link sets them: while there is no queue, try faster.
        let isEmpty = history.hasLoss && roundTrips[0] - minimumRoundTrip < blockTime.value / 2
        let pace = testSamples > 0 ? blockTime.value : blockTime.value * (isEmpty ? 4 : 7) / 8
        let interval = pace * (256 - min(lossPer256, 128)) / 256
        // Two requests of credit, so that a late timer does not cost rate.
        nextSendAt = max(nextSendAt, now - 2 * interval) + interval
    }

    // MARK: Events

    /// The path was used for the first time, or again after a silence.
    mutating func begin(nextSequence: UInt32, now: Microseconds, initialWindow: Int64) {
        phase = .startup
        window = min(initialWindow, maximumWindow)
        nextSendAt = now
        minimumSeenAt = now
        testSamples = 0
        blockTime.reset()
        beginRound(nextSequence: nextSequence, now: now)
    }

    mutating func noteRoundTrip(_ sample: Microseconds) {
        minimumRoundTrip = minimumRoundTrip == 0 ? sample : min(minimumRoundTrip, sample)
    }

    mutating func answered(_ attempt: Attempt, nextSequence: UInt32, roundTrip: Microseconds, now: Microseconds) {
        roundAnswers += 1
        if roundTrip <= minimumRoundTrip + blockTime.value / 4 { minimumSeenAt = now }
        noteRoundTrip(roundTrip)
        roundMinimum = min(roundMinimum, roundTrip)
        let isQuiet = isQuiet(attempt.sequence)
        for index in stride(from: 3, to: 0, by: -1) {
            roundTrips[index] = roundTrips[index - 1]
            sequences[index] = sequences[index - 1]
        }
        roundTrips[0] = roundTrip
        sequences[0] = attempt.sequence
        blockTime.add(now: now)
        ended(lost: false, isQuiet: isQuiet)
        if phase != .startup { reactToSurge(now: now) }
        if attempt.sequence >= roundEnd { endRound(nextSequence: nextSequence, now: now) }
    }

    mutating func lost(_ attempt: Attempt) {
        ended(lost: true, isQuiet: isQuiet(attempt.sequence))
    }

    mutating func lossWasSpurious(_ attempt: Attempt) {
        history.undoLoss(isQuiet: isQuiet(attempt.sequence))
    }

    /// Nothing came for a probe timeout; `count` of them in a row.
    mutating func silence(count: Int, nextSequence: UInt32, now: Microseconds) {
        switch count {
        case 1: break
        case 2: window = max(Self.smallWindow, window / 2)
        default: begin(nextSequence: nextSequence, now: now, initialWindow: Self.smallWindow)
        }
    }

    private mutating func ended(lost: Bool, isQuiet: Bool) {
        history.add(lost: lost, isQuiet: isQuiet)
        guard phase == .startup else { return testLoss() }
        if !lost { window = min(window + 256, maximumWindow) }
        // Where losses lie between the first answers their spacing says little: more of them, then.
        guard blockTime.samples >= Self.startupAnswers * (history.hasLoss ? 2 : 1) else { return }
        phase = .steady
        window = fullWindow
    }

    // MARK: Windows

    /// What fills the path, and the share of the queue, in 1/256.
    private var pipe: Int64 { minimumRoundTrip * 256 / max(1, blockTime.value) + queueShare }

    /// The same, and what is lost of it, before and after that is noticed.
    private var fullWindow: Int64 {
        let loss = min(floor, 160)
        // How many of a window arrive varies; so that the queue seldom runs empty, a standard deviation more.
        let variance = pipe * loss / 256 * (256 - loss) / 16 * history.burstiness
        let allowance = (3 * loss + squareRoot(variance)) * spread / 4
        return min(max(leastWindow, (pipe + allowance) * 256 / (256 - loss)), maximumWindow)
    }

    private func squareRoot(_ value: Int64) -> Int64 {
        guard value > 1 else { return max(0, value) }
        var root = value
        var next = (root + 1) / 2
        while next < root {
            root = next
            next = (root + value / root) / 2
        }
        return root
    }

    /// Loss that comes with the queue: the allowance shrinks; when there is none left the window goes back to what cannot
    /// overfill the path.
    private mutating func testLoss() {
        if testSamples > 0 {
            testSamples -= 1
            return
        }
        spreadSamples += 1
        if history.isCongested {
            history.forgetBusy()
            spreadSamples = 0
            if spread > 0 {
                spread /= 2
                window = min(window, fullWindow)
            } else {
                window = min(max(leastWindow, pipe), maximumWindow)
                testSamples = 32
            }
        } else if spreadSamples >= 128 {
            spreadSamples = 0
            spread = min(4, spread + 1)
        }
    }

    /// Answers come at half their rate or less, and ever later: the link has become slower, or others use it. What is on
    /// the way is too much already, so this cannot wait for the end of a round trip.
    private mutating func reactToSurge(now: Microseconds) {
        guard let spacing = blockTime.recent(now: now) else { return }
        // Answers that were lost in between may have taken their time on the link as well.
        let passed = sequences[0] > sequences[3] ? Int64(sequences[0] - sequences[3]) : 0
        guard spacing * 3 >= 2 * blockTime.value * max(3, passed) else { return }
        guard roundTrips[0] - roundTrips[3] >= spacing * 3 / 2 else { return }
        blockTime.restart(value: spacing)
        // No allowance for loss while what is on the way drains.
        spread = 0
        spreadSamples = 0
        window = min(window, fullWindow)
        if phase != .steady { windowAfterDrain = min(windowAfterDrain, window) }
    }

    // MARK: Rounds

    private mutating func beginRound(nextSequence: UInt32, now: Microseconds) {
        roundEnd = nextSequence
        roundStart = now
        roundAnswers = 0
        roundMinimum = .max
    }

    private mutating func endRound(nextSequence: UInt32, now: Microseconds) {
        defer { beginRound(nextSequence: nextSequence, now: now) }
        let elapsed = now - roundStart
        guard elapsed > 0, roundMinimum != .max else { return }
        let rate = Int64(roundAnswers) * 1_000_000 * 256 / elapsed
        let queue = (roundMinimum - minimumRoundTrip) * rate / 1_000_000
        switch phase {
        case .startup: break
        case .draining: phase = .drained
        case .drained:
            phase = .steady
            judgeDrain()
            window = min(windowAfterDrain, fullWindow)
            minimumSeenAt = now
        case .steady:
            isShared = rate * blockTime.least < 205 * 1_000_000
            let age = (now - minimumSeenAt) * (hasDrained ? 1 : 2)
            // Another flow drains: the best moment to do the same.
            let othersDrain = roundMinimum < previousMinimum - blockTime.value * 3 / 4
            if isShared, age > drainInterval || (othersDrain && age > drainInterval / 3) {
                windowAfterDrain = window
                let depth = queue + (window < 12 * 256 ? 256 : 64)
                window = max(256, window - depth * 256 / (256 - min(floor, 160)))
                phase = .draining
                hasDrained = true
            } else {
                steer(queue: queue)
            }
        }
        previousMinimum = roundMinimum
    }

    /// A path that has become longer looks like a queue that never drains, for which the window shrinks to nothing.
    private mutating func judgeDrain() {
        let isLonger = roundMinimum > minimumRoundTrip + 2 * blockTime.least && windowAfterDrain <= leastWindow
        failedDrains = isLonger ? failedDrains + 1 : 0
        guard failedDrains >= 3 else { return }
        failedDrains = 0
        minimumRoundTrip = roundMinimum
    }

    private mutating func steer(queue: Int64) {
        let missing = queueShare - queue
        if missing > 0 {
            if window < fullWindow, testSamples == 0 {
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
