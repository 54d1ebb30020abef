/// How many requests may be in flight, and how far apart they are sent.
///
/// The client decides how much the server sends: one small request releases one block. Blocks all have one size, so
/// everything is counted in blocks. The control is by delay, since loss says little on the links this is made for:
///
/// - Startup: the spacing in which the answers to a burst of requests arrive is the time that the bottleneck needs for a
///   block. With the shortest RTT that gives the number of blocks that fill the path.
/// - Steady: once per round trip the own share of the queue, (RTT − shortest RTT) · own delivery rate, is steered to
///   a few blocks. Loss that comes without a queue only means that more requests have to be in flight for the same
///   number of answers.
/// - The window never exceeds what the measured delivery rate can justify, and loss that rises above the link's own
///   level reduces it, so queues too short to show as delay are respected too.
struct CongestionController {
    enum Phase {
        case startup
        case steady
    }

    /// Blocks of its own that a flow keeps in the queue, in 1/256.
    static var targetQueue: Int64 { 2 * 256 + 128 }
    static var minimumWindow: Int64 { 2 * 256 }

    private(set) var phase: Phase = .startup
    /// Requests in flight, in 1/256.
    private(set) var window: Int64
    private let maximumWindow: Int64

    /// The shortest RTT; 0: none.
    private(set) var minimumRoundTrip: Microseconds = 0
    /// Time per block at the bottleneck, from the spacing of arrivals; 0: not known.
    private(set) var blockTime: Microseconds = 0
    /// Answers since the beginning.
    private(set) var answers: UInt32 = 0
    private var arrivals = InlineArray<8, Microseconds>(repeating: 0)
    private var roundTrips = InlineArray<4, Microseconds>(repeating: 0)
    private var startupAnswers = 0
    private var currentSpacing: Microseconds = .max
    private var previousSpacing: Microseconds = .max
    private var spacingSamples = 0

    private var history = LossHistory()
    private var floor: Int64 = 0

    // The round trip under way: it ends with the answer to the first request sent after it began.
    private var roundEnd: UInt32 = 0
    private var roundStart: Microseconds = 0
    private var roundAnswers: UInt32 = 0
    private var roundMinimum: Microseconds = .max
    /// Rounds in a row with less in the queue than there should be.
    private var hungryRounds = 0
    private var holdRounds = 0
    /// Delivery rate in blocks per second, in 1/256, of the latest rounds.
    private var rates = InlineArray<8, Int64>(repeating: 0)
    private var rateIndex = 0
    private var nextSendAt: Microseconds = 0

    init(maximumInFlight: Int) {
        maximumWindow = Int64(maximumInFlight) * 256
        window = min(4 * 256, maximumWindow)
    }

    var lossPer256: Int64 { history.share(prior: floor) }

    // MARK: Pacing

    /// When the next request may go out, if the window has room.
    func sendTime(now: Microseconds) -> Microseconds { max(now, nextSendAt) }

    mutating func sent(now: Microseconds) {
        guard blockTime > 0, phase == .steady else { return }
        // Faster than the bottleneck by a quarter, and by what is lost.
        let interval = blockTime * 4 / 5 * (256 - min(lossPer256, 128)) / 256
        // Two requests of credit, so that a late timer does not cost rate.
        nextSendAt = max(nextSendAt, now - 2 * interval) + interval
    }

    // MARK: Events

    /// The path was used for the first time, or again after a silence.
    mutating func begin(nextSequence: UInt32, now: Microseconds, initialWindow: Int64) {
        phase = .startup
        window = min(initialWindow, maximumWindow)
        startupAnswers = 0
        hungryRounds = 0
        nextSendAt = now
        currentSpacing = .max
        previousSpacing = .max
        spacingSamples = 0
        beginRound(nextSequence: nextSequence, now: now)
    }

    mutating func noteRoundTrip(_ sample: Microseconds) {
        minimumRoundTrip = minimumRoundTrip == 0 ? sample : min(minimumRoundTrip, sample)
    }

    mutating func answered(sequence: UInt32, nextSequence: UInt32, roundTrip: Microseconds, now: Microseconds) {
        answers &+= 1
        roundAnswers += 1
        startupAnswers += 1
        history.add(lost: false)
        noteRoundTrip(roundTrip)
        roundMinimum = min(roundMinimum, roundTrip)
        for index in stride(from: 7, to: 0, by: -1) { arrivals[index] = arrivals[index - 1] }
        arrivals[0] = now
        for index in stride(from: 3, to: 0, by: -1) { roundTrips[index] = roundTrips[index - 1] }
        roundTrips[0] = roundTrip
        measureBlockTime(now: now)
        switch phase {
        case .startup: growInStartup(now: now)
        case .steady: reactToSurge(now: now)
        }
        if sequence >= roundEnd { endRound(nextSequence: nextSequence, now: now) }
    }

    mutating func lost() {
        history.add(lost: true)
        if phase == .startup { window = min(window + 256, maximumWindow) }
    }

    mutating func lossWasSpurious() {
        history.undoLoss()
    }

    /// Nothing came for a probe timeout; `count` of them in a row.
    mutating func silence(count: Int, nextSequence: UInt32, now: Microseconds) {
        switch count {
        case 1: break
        case 2: window = max(Self.minimumWindow, window / 2)
        default:
            begin(nextSequence: nextSequence, now: now, initialWindow: Self.minimumWindow)
        }
    }

    /// The time of a block is the least spacing of four answers among the latest 64 to 128.
    private mutating func measureBlockTime(now: Microseconds) {
        guard startupAnswers >= 4 else { return }
        let spacing = (now - arrivals[3]) / 3
        guard spacing > 0 else { return }
        currentSpacing = min(currentSpacing, spacing)
        spacingSamples += 1
        blockTime = min(currentSpacing, previousSpacing)
        if spacingSamples >= 64 {
            previousSpacing = currentSpacing
            currentSpacing = .max
            spacingSamples = 0
        }
    }

    // MARK: Startup

    private mutating func growInStartup(now: Microseconds) {
        window = min(window + 256, maximumWindow)
        guard blockTime > 0, startupAnswers >= 4 else { return }
        phase = .steady
        window = min(max(Self.minimumWindow, inFlightToFill(blockTime: blockTime)), maximumWindow)
    }

    /// Requests in flight that fill the path and the share of the queue, in 1/256.
    private func inFlightToFill(blockTime: Microseconds) -> Int64 {
        let pipe = minimumRoundTrip * 256 / max(1, blockTime) + Self.targetQueue
        return pipe * 256 / (256 - min(lossPer256, 160))
    }

    // MARK: Steady

    private mutating func reactToSurge(now: Microseconds) {
        guard holdRounds == 0, now > arrivals[7] else { return }
        let rate = 7 * 1_000_000 * 256 / (now - arrivals[7])
        let standing = min(min(roundTrips[0], roundTrips[1]), min(roundTrips[2], roundTrips[3])) - minimumRoundTrip
        let queue = standing * rate / 1_000_000
        guard queue > 2 * Self.targetQueue + window / 3 else { return }
        let pipe = minimumRoundTrip * rate / 1_000_000 + Self.targetQueue
        window = max(Self.minimumWindow, min(window, pipe * 256 / (256 - min(lossPer256, 160))))
        rates = .init(repeating: 0)
        previousSpacing = .max
        currentSpacing = (now - arrivals[7]) / 7
        blockTime = currentSpacing
        holdRounds = 2
    }

    private mutating func beginRound(nextSequence: UInt32, now: Microseconds) {
        roundEnd = nextSequence
        roundStart = now
        roundAnswers = 0
        roundMinimum = .max
    }

    private mutating func endRound(nextSequence: UInt32, now: Microseconds) {
        defer { beginRound(nextSequence: nextSequence, now: now) }
        let elapsed = now - roundStart
        guard phase == .steady, elapsed > 0, roundMinimum != .max else { return }
        let rate = Int64(roundAnswers) * 1_000_000 * 256 / elapsed
        rates[rateIndex] = rate
        rateIndex = (rateIndex + 1) % 8
        let queue = (roundMinimum - minimumRoundTrip) * rate / 1_000_000
        if holdRounds > 0 { holdRounds -= 1 }
        let missing = Self.targetQueue - queue
        if missing > 0 {
            hungryRounds += queue < Self.targetQueue / 2 ? 1 : 0
            var step = hungryRounds > 2 ? max(missing, window / 8) : missing
            let pipe = inFlightToFill(blockTime: blockTime)
            if window < pipe { step = max(step, (pipe - window) / 2) }
            let cap = pipe * 3 / 2 + 4 * 256
            if window < cap { window = min(min(window + step, cap), maximumWindow) }
        } else {
            hungryRounds = 0
            window = max(Self.minimumWindow, window - min(-missing, window / 4))
        }
    }
}

extension CongestionController {
    var traceDescription: String {
        "phase \(phase) blockTime \(blockTime) minRTT \(minimumRoundTrip) latest \(roundTrips[0]) rate \(rates[(rateIndex + 7) % 8]) hungry \(hungryRounds)"
    }
}
