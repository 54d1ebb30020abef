/// The time that the bottleneck needs for a block, from the spacing in which answers arrive.
///
/// Answers that waited in the queue together arrive at the pace of the link; those that did not, or between which one
/// was lost, arrive further apart. So the least spacing counts, among the latest 64 to 128 answers. It is taken over
/// four answers, as one pair may be compressed on the way; with jitter over so many that the jitter is a small part of
/// it.
struct BlockTimeEstimator {
    /// Spaces between answers in one sample, if there is no jitter.
    static var shortestSpan: Int { 3 }
    /// How many times the jitter one sample must be long: the least of some 64 samples lies two to three standard
    /// deviations low, and a standard deviation of uniform jitter is 0.4 to 0.6 of its mean. So the error stays near an
    /// eighth.
    private static var jittersPerSpan: Microseconds { 8 }
    /// Samples after which the least one is that of a new period.
    private static var period: Int { 64 }
    /// Share of a bound, in 1/256, below which answers came too close together for it: seven eighths. Rounding is less.
    private static var holdingShare: Microseconds { 224 }
    /// A span is given up for one that is longer by more than half, or shorter than half: jitter itself varies.
    private static var longerShare: Int { 384 }
    private static var shorterShare: Int { 128 }

    /// Microseconds; 0: not known.
    private(set) var value: Microseconds = 0
    /// The least value since the last reset; 0: none.
    private(set) var least: Microseconds = 0
    /// As ``least``, if the requests without an answer took their time as well: answers that come closer together than
    /// this were not so far apart when they left the bottleneck.
    private(set) var lowerBound: Microseconds = 0
    /// Answers since the last reset.
    private(set) var samples = 0
    /// Spaces between answers in the samples that `value` is the least of.
    private(set) var span = BlockTimeEstimator.shortestSpan
    private var current: Microseconds = .max
    private var previous: Microseconds = .max
    private var currentSamples = 0

    mutating func reset() {
        let span = span
        self = BlockTimeEstimator()
        self.span = span
    }

    /// The link has become slower: what was known does not hold any more.
    mutating func restart(value: Microseconds) {
        previous = .max
        current = value
        currentSamples = 0
        lowerBound = value
        self.value = value
    }

    /// An answer was added to `history`.
    ///
    /// - Returns: false if answers have come closer together than was taken for possible, by more than an eighth.
    mutating func update(_ history: borrowing AnswerHistory, now: Microseconds) -> Bool {
        samples += 1
        chooseSpan(history)
        let used = min(span, min(samples, history.count) - 1)
        guard used >= Self.shortestSpan, let time = history.time(since: used, now: now) else { return true }
        let spacing = time / Microseconds(used)
        guard spacing > 0 else { return true }
        let requests = history.growth(over: used)?.requests ?? 0
        let bound = time / max(Microseconds(used), requests)
        let holds = lowerBound == 0 || bound >= lowerBound * Self.holdingShare / 256
        lowerBound = lowerBound == 0 ? bound : min(lowerBound, bound)
        current = min(current, spacing)
        currentSamples += 1
        value = min(current, previous)
        least = least == 0 ? value : min(least, value)
        if currentSamples >= Self.period {
            previous = current
            current = .max
            currentSamples = 0
        }
        return holds
    }

    private mutating func chooseSpan(_ history: borrowing AnswerHistory) {
        let jitter = history.jitter
        guard value > 0 else { return }
        let wanted = Int(clamping: jitter * Self.jittersPerSpan / value)
        let next = min(max(wanted, Self.shortestSpan), AnswerHistory.capacity - 1)
        // What short samples gave does not hold where there is jitter.
        if next > span * Self.longerShare / 256 {
            span = next
            current = .max
            previous = .max
            least = 0
            lowerBound = 0
            currentSamples = 0
        } else if next < span * Self.shorterShare / 256 {
            span = next
        }
    }

    /// Mean spacing of the latest answers, over one span; nil: not so many yet.
    func recent(_ history: borrowing AnswerHistory, now: Microseconds) -> Microseconds? {
        let used = min(span, min(samples, history.count) - 1)
        guard used >= Self.shortestSpan, let time = history.time(since: used, now: now), time > 0 else { return nil }
        return time / Microseconds(used)
    }
}
