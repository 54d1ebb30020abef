/// How many requests may be in flight, and how far apart they are sent.
///
/// The client decides how much the server sends: one small request releases one block. Blocks all have one size, so
/// everything is counted in blocks. The control is by delay, since loss says little on the links this is made for:
///
/// - The least spacing in which answers arrive is the time that the bottleneck needs for a block. With the shortest
///   RTT, and the jitter, that gives the number of blocks that fill the path: rate · mean delay (Little's law). A
///   window of so many and a few blocks of queue is reached within a round trip of the first answers, and exceeded only
///   for what is lost.
/// - Once per round trip the own share of the queue, standing rise of the RTT · own delivery rate, is steered to a few
///   blocks; a surge of delay cuts the window to what recently arrived. ``AnswerHistory`` tells a queue from jitter.
/// - What is lost although there was next to no queue is the link's own loss, the *floor*: to get as many answers, more
///   requests are in flight. Where requests that met a queue are lost more often than the others, the queue is shallow:
///   ``LossAllowance`` shrinks, down to what fills the path and the queue's share alone.
/// - When the shortest RTT was not seen for a while the own share of the queue is drained for a moment. All flows
///   see each other's drains and so come to do it together, which lets every one of them see the true shortest RTT.
/// - In a queue of seconds ``CrowdLimit`` allows one block per round trip, with loss less.
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

    var phase: Phase = .startup
    /// Requests in flight, in 1/256.
    var window: Int64
    var windowAfterDrain: Int64 = 0
    let maximumWindow: Int64
    private var pacer = Pacer()

    /// The shortest RTT; 0: none.
    var minimumRoundTrip: Microseconds = 0
    private var latestRoundTrip: Microseconds = 0
    /// When a round trip about as short was seen last, or the queue was drained.
    var minimumSeenAt: Microseconds = 0
    /// What was measured before there was a queue of ours, as by the handshake; 0: not known.
    var expectedRoundTrip: Microseconds = 0
    /// Microseconds by which the longest of what was measured then exceeds it.
    private var expectedSpread: Microseconds = 0
    var blockTime = BlockTimeEstimator()
    /// The least time of a block among answers of which several were in flight; 1 µs: not known.
    private var ownBlockTime: Microseconds = 1
    /// The same, as it is now: the link may have become slower.
    private var presentBlockTime: Microseconds = 0
    var answers = AnswerHistory()

    var history = LossHistory()
    var floor: Int64 { history.floor }
    var allowance = LossAllowance()
    private var crowd = CrowdLimit()
    var hasDrained = false
    /// Drains in a row that did not bring the shortest RTT back, with the smallest window.
    var failedDrains = 0
    /// Whether answers come at clearly less than the pace of the link.
    var isShared = false
    /// Jitter, and no queue in the latest round trip: the window is what limits the rate.
    var isStarved = false

    // The round trip under way: it ends with the answer to the first request sent after it began.
    var roundEnd: UInt32 = 0
    var roundStart: Microseconds = 0
    var roundAnswers: UInt32 = 0
    var roundMinimum: Microseconds = .max
    var previousMinimum: Microseconds = 0

    init(maximumInFlight: Int) {
        maximumWindow = Int64(maximumInFlight) * Self.block
        window = min(Self.smallWindow, maximumWindow)
    }

    /// Share of the recent requests that were lost.
    var lossPer256: Int64 { history.recentShare }

    /// Time between answers while the path is full; nil: not known.
    var answerSpacing: Microseconds? { phase == .startup ? nil : blockTime.value }

    /// Whether the path's queue is one of very many flows.
    var isCrowded: Bool { crowd.isCrowded }

    /// Whether the crowd's limit holds.
    var isLimited: Bool { crowd.value != nil }

    /// Jitter that is a good part of a block's time.
    var isJittered: Bool { answers.jitter > blockTime.value * Self.jitteredShare / 256 }

    /// Whether a request found next to no queue: if it is lost, then not because of one. The round trip of the answered
    /// request next to it tells: with jitter whether it is below the mean.
    private func isQuiet(_ sequence: UInt32) -> Bool {
        guard phase != .startup else { return false }
        let nearest = answers.roundTrip(nextTo: sequence)
        return nearest <= minimumRoundTrip + max(blockTime.value * Self.nearlyEmpty, answers.jitter)
    }

    // MARK: Pacing

    /// When the next request may go out, if the window has room.
    func sendTime(now: Microseconds) -> Microseconds { pacer.sendTime(now: now, aloneFor: sendInterval) }

    /// Whether one more may be in flight beside so many.
    func hasRoom(inFlight: Int) -> Bool {
        Int64(inFlight) * Self.block + Self.block <= max(crowd.of(window), Self.block)
    }

    /// Between two requests, where less than one may be in flight; 0 otherwise.
    var sendInterval: Microseconds {
        let allowed = crowd.of(window)
        return allowed < Self.block ? latestRoundTrip * Self.block / max(allowed, 1) : 0
    }

    mutating func sent(now: Microseconds) {
        guard sendInterval == 0 else { return pacer.sentAlone(now: now) }
        if phase == .startup { return pacer.sentAtStart(now: now) }
        // A little faster than the bottleneck, and by what is lost. Losses between them let answers look further apart
        // than the link sets them: while there is no queue, try faster.
        let rise = answers.latestRoundTrip - minimumRoundTrip
        let isEmpty = isStarved || history.hasLoss && rise < blockTime.value * Self.emptyRise / 256 + answers.jitter
        let share = allowance.isPaused ? 256 : isEmpty ? Self.emptyPace : Self.pace
        let pace = blockTime.value * share / 256
        pacer.sent(now: now, interval: pace * (256 - min(lossPer256, Self.mostPacedLoss)) / 256)
    }

    // MARK: Events

    /// What is known of the round trip without a queue, before block 0; nil: nothing.
    mutating func expect(roundTrip: Microseconds?, spread: Microseconds) {
        expectedRoundTrip = max(0, roundTrip ?? 0)
        expectedSpread = max(0, spread)
    }

    /// The path is used for the first time, or on a new channel.
    mutating func begin(nextSequence: UInt32, now: Microseconds) {
        let (first, interval) = firstWindow
        if expectedRoundTrip > 0 {
            crowd.begin(lateBy: minimumRoundTrip - expectedRoundTrip, spread: expectedSpread)
        }
        restart(window: first, startInterval: interval, nextSequence: nextSequence, now: now)
    }

    private mutating func restart(
        window first: Int64,
        startInterval: Microseconds,
        nextSequence: UInt32,
        now: Microseconds
    ) {
        phase = .startup
        window = min(first, maximumWindow)
        pacer.restart(now: now, startInterval: startInterval)
        minimumSeenAt = now
        allowance.endPause()
        blockTime.reset()
        answers.reset()
        beginRound(nextSequence: nextSequence, now: now)
    }

    /// Four blocks (RFC 8085 § 3.1.1 allows what RFC 6928 does), up to ten on a path so short that block 0 came at
    /// once. By what block 0 took longer than the handshake's small datagrams, the link carries at least one block: so
    /// many as fill the path at that rate go out, those beyond ten a little faster than it.
    private var firstWindow: (window: Int64, interval: Microseconds) {
        let shortest = max(minimumRoundTrip, 1)
        let perBlock = shortest - expectedRoundTrip
        let isLate = expectedRoundTrip > 0 && perBlock > Self.longestBlockTime
        let blocks = isLate ? 1 : min(max(Self.shortStart / shortest, Self.smallWindow / Self.block), Pacer.burst)
        guard expectedRoundTrip > 0, perBlock > 0 else { return (blocks * Self.block, 0) }
        let filling = shortest / perBlock + (isLate ? 1 : 2)
        let window = min(max(blocks, filling) * Self.block, Self.longestFirstWindow)
        return (window, window > Pacer.burst * Self.block ? perBlock * Self.startPace / 256 : 0)
    }

    mutating func noteRoundTrip(_ sample: Microseconds) {
        latestRoundTrip = sample
        minimumRoundTrip = minimumRoundTrip == 0 ? sample : min(minimumRoundTrip, sample)
    }

    mutating func answered(_ attempt: Attempt, nextSequence: UInt32, roundTrip: Microseconds, now: Microseconds) {
        roundAnswers += 1
        let near = (blockTime.value * Self.nearShare / 256) + (answers.jitter * Self.nearShare / 256)
        if roundTrip <= minimumRoundTrip + near { minimumSeenAt = now }
        noteRoundTrip(roundTrip)
        roundMinimum = min(roundMinimum, roundTrip)
        let isQuiet = isQuiet(attempt.sequence)
        if crowd.of(window) >= Self.measuringWindow, blockTime.least > 0 {
            ownBlockTime = min(blockTime.least, Self.longestBlockTime)
            presentBlockTime = blockTime.value
        }
        noteCrowd(attempt, roundTrip: roundTrip, lostBefore: nil)
        let bound = phase == .startup ? 0 : blockTime.lowerBound
        answers.add(sequence: attempt.sequence, roundTrip: roundTrip, now: now, blockTime: bound)
        if !blockTime.update(answers, now: now) { answers.forgetCompression() }
        ended(lost: false, isQuiet: isQuiet)
        if phase != .startup { reactToSurge(now: now) }
        if attempt.sequence >= roundEnd { endRound(nextSequence: nextSequence, now: now) }
    }

    mutating func lost(_ attempt: Attempt, nextSequence: UInt32) {
        if answers.count > 0 { noteCrowd(attempt, roundTrip: answers.latestRoundTrip, lostBefore: nextSequence) }
        ended(lost: true, isQuiet: isQuiet(attempt.sequence))
    }

    mutating func lossWasSpurious(_ attempt: Attempt) {
        history.undoLoss(isQuiet: isQuiet(attempt.sequence))
    }

    private mutating func noteCrowd(_ attempt: Attempt, roundTrip: Microseconds, lostBefore next: UInt32?) {
        guard expectedRoundTrip > 0 || isLimited else { return }
        crowd.judgePath(lateBy: roundTrip - expectedRoundTrip)
        crowd.measure(
            waited: roundTrip - emptyRoundTrip,
            path: emptyRoundTrip,
            blockTime: presentBlockTime > 0 ? presentBlockTime : Self.longestBlockTime,
            floor: floor
        )
        if let next {
            crowd.lost(attempt.sequence, nextSequence: next)
        } else {
            crowd.answered()
        }
        if isLimited { window = min(window, Self.smallWindow) }
    }

    /// Nothing came for a probe timeout; `count` of them in a row.
    mutating func silence(count: Int, nextSequence: UInt32, now: Microseconds) {
        switch count {
        case 1: break
        case 2: window = max(Self.smallWindow, window / Self.silenceDivisor)
        default: restart(window: Self.smallWindow, startInterval: 0, nextSequence: nextSequence, now: now)
        }
    }

    private mutating func ended(lost: Bool, isQuiet: Bool) {
        history.add(lost: lost, isQuiet: isQuiet)
        guard phase == .startup else { return testLoss() }
        if !lost, answers.latestRoundTrip - emptyRoundTrip < Self.longestBlockTime {
            window = min(window + Self.block, maximumWindow)
        }
        // Where losses lie between the first answers their spacing says little: more of them, then.
        guard blockTime.samples >= (history.hasLoss ? Self.lossyStartupAnswers : Self.startupAnswers) else { return }
        // Between answers that jitter moved about it says little as well: on, until they say that a queue stands.
        let queued = minimumRoundTrip + Self.nearlyEmpty * blockTime.value
        let hasQueue = answers.minimumRoundTrip(of: Self.startupAnswers) >= queued
        if !hasQueue, blockTime.samples < Self.mostStartupAnswers,
            answers.findIrregular(spaces: BlockTimeEstimator.shortestSpan, blockTime: blockTime.lowerBound)
        {
            return
        }
        phase = .steady
        window = fullWindow
    }

    // MARK: Windows

    var leastWindow: Int64 {
        isShared || isCrowded ? Self.smallWindow / 2 : Self.smallWindow
    }

    /// The target, but less where several flows share a path that two blocks each would fill many times over.
    var queueShare: Int64 {
        let isFull = isCrowded || isShared && minimumRoundTrip < Self.shortPath * blockTime.least
        return isFull ? Self.targetQueue / 2 : Self.targetQueue
    }

    /// The round trip with an empty queue. A flow that came when a queue stood has never seen it, but its handshake may
    /// have.
    var emptyRoundTrip: Microseconds {
        guard expectedRoundTrip > 0 else { return crowd.path(minimumRoundTrip) }
        return crowd.path(min(minimumRoundTrip, expectedRoundTrip + Self.handshakeBlocks * ownBlockTime))
    }

    /// What fills the path, and the share of the queue, in 1/256. Jitter is delay like any other.
    private var pipe: Int64 {
        guard !isCrowded else { return queueShare }
        let delay = emptyRoundTrip + allowance.of(answers.jitter)
        return delay * Self.block / max(1, blockTime.value) + queueShare
    }

    /// The same, and what is lost of it, before and after that is noticed.
    var fullWindow: Int64 {
        let loss = min(floor, Self.mostCompensatedLoss)
        // How many of a window arrive varies; so that the queue seldom runs empty, a standard deviation more.
        let variance = pipe * loss / 256 * (256 - loss) / LossHistory.independent * history.burstiness
        let extra = allowance.of(Self.lossMargin * loss + squareRoot(variance))
        return min(max(leastWindow, (pipe + extra) * 256 / (256 - loss)), maximumWindow)
    }

    /// Loss that comes with the queue: the allowance shrinks; when there is none left the window goes back to what
    /// cannot overfill the path.
    private mutating func testLoss() {
        guard allowance.count() else { return }
        guard history.isCongested(halfDeviations: isJittered ? Self.halfDeviationsJittered : Self.halfDeviations) else {
            return allowance.grow()
        }
        history.forgetBusy()
        if allowance.shrink() {
            window = min(window, fullWindow)
        } else {
            window = min(max(leastWindow, pipe), maximumWindow)
        }
    }

    /// Answers come at half their rate or less, and ever later: the link has become slower, or others use it. What is
    /// on the way is too much already, so this cannot wait for the end of a round trip.
    private mutating func reactToSurge(now: Microseconds) {
        let span = blockTime.span
        guard let spacing = blockTime.recent(answers, now: now), let growth = answers.growth(over: span) else { return }
        // Answers that were lost in between may have taken their time on the link as well.
        let usual = blockTime.value * max(Int64(span), growth.requests)
        guard spacing * Int64(span) >= Self.surgeSpacing * usual else { return }
        guard growth.roundTrip >= spacing * Int64(span) * Self.surgeGrowth / 256 else { return }
        blockTime.restart(value: spacing)
        answers.forget(allBut: Self.startupAnswers)
        // No allowance for loss while what is on the way drains.
        allowance.withdraw()
        window = min(window, fullWindow)
        if phase != .steady { windowAfterDrain = min(windowAfterDrain, window) }
    }
}
