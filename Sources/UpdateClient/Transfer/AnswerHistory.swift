/// The latest answers, and what their times say of the path: how long it takes, by how much that varies from one answer
/// to the next (jitter), and whether a queue stands.
///
/// A queue and jitter both make round trips longer. They differ in this: behind a queue answers arrive at least one
/// block time apart, so a round trip can only be a little shorter than the one before; and a queue that stands is seen
/// by every answer, the shortest round trip included. So answers that come closer together than the link can send them
/// prove jitter, and the rise of the *minimum* over enough answers is the queue.
struct AnswerHistory {
    /// Times within one ring differ by minutes at most: 32 bits of microseconds, wrapping, are enough.
    private struct Answer {
        var arrivedAt: UInt32 = 0
        var roundTrip: UInt32 = 0
        var sequence: UInt32 = 0
    }

    /// Of 32 round trips the shortest is seldom more than a tenth of the jitter's range above the least possible.
    static var capacity: Int { 32 }
    /// Weight of one answer in the mean of `compression`: 1/12, near the 1/16 of RFC 3550 § 6.4.1 for interarrival
    /// jitter.
    private static var compressionWeight: Int64 { 12 }
    /// Compression, in 1/256 of a block time, from which all variation counts as jitter: an eighth. Rounding and a link
    /// that sends smaller datagrams in between stay below.
    private static var fullCompression: Int64 { 32 }
    /// `compression` is kept in so many parts of its unit, so that its mean is not lost in rounding.
    private static var compressionParts: Int64 { 16 }
    /// Share of a block's time, in 1/256, below which no link sends two answers: three quarters, clear of rounding.
    private static var leastGap: Microseconds { 192 }
    /// Answers among which the one next to a request is looked for: more than are reordered as a rule.
    private static var neighbours: Int { 4 }

    private var ring = InlineArray<32, Answer>(repeating: Answer())
    private var nextIndex = 0
    /// Answers in the ring.
    private(set) var count = 0
    /// By how much answers come closer together than the bottleneck sends them, mean, in 1/256 of a block time and
    /// `compressionParts`.
    private var compression: Int64 = 0
    /// How much longer than the shortest a round trip is on average without that being a queue; microseconds.
    private(set) var jitter: Microseconds = 0
    /// The longest round trip in the ring, where there is jitter; 0 otherwise.
    private(set) var longestJittered: Microseconds = 0

    mutating func reset() {
        self = AnswerHistory()
    }

    /// Takes an answer. `blockTime`: microseconds that the bottleneck needs for a block; 0: not known.
    mutating func add(sequence: UInt32, roundTrip: Microseconds, now: Microseconds, blockTime: Microseconds) {
        let answer = Answer(
            arrivedAt: UInt32(truncatingIfNeeded: now),
            roundTrip: UInt32(clamping: roundTrip),
            sequence: sequence
        )
        if count > 0, blockTime > 0 {
            let latest = self[0]
            let gap = Microseconds(answer.arrivedAt &- latest.arrivedAt)
            let excess = sequence < latest.sequence ? 256 : max(0, blockTime - gap) * 256 / blockTime
            compression += (excess * Self.compressionParts - compression) / Self.compressionWeight
        }
        ring[nextIndex] = answer
        nextIndex = (nextIndex + 1) % Self.capacity
        count = min(count + 1, Self.capacity)
        measureJitter()
    }

    /// The link has become slower: only the latest answers say how it is now.
    mutating func forget(allBut answers: Int) {
        count = min(count, answers)
        compression = 0
        measureJitter()
    }

    /// What was taken for compression was not: the bottleneck is faster than it was taken for.
    mutating func forgetCompression() { compression = 0 }

    /// Whether some of the latest answers came so much closer together than on average that no link sends them so.
    mutating func findIrregular(spaces: Int, blockTime: Microseconds) -> Bool {
        for index in 0..<min(spaces, count - 1) {
            let gap = Microseconds(self[index].arrivedAt &- self[index + 1].arrivedAt)
            if self[index].sequence < self[index + 1].sequence || gap < blockTime * Self.leastGap / 256 {
                compression = max(compression, Self.fullCompression * Self.compressionParts)
                measureJitter()
                return true
            }
        }
        return false
    }

    private mutating func measureJitter() {
        let isProven = min(compression / Self.compressionParts, Self.fullCompression)
        guard isProven > 0 else {
            jitter = 0
            longestJittered = 0
            return
        }
        var (sum, least, most): (Microseconds, Microseconds, Microseconds) = (0, .max, 0)
        for index in 0..<count {
            let roundTrip = Microseconds(self[index].roundTrip)
            sum += roundTrip
            least = min(least, roundTrip)
            most = max(most, roundTrip)
        }
        jitter = (sum / Microseconds(count) - least) * isProven / Self.fullCompression
        longestJittered = most
    }

    /// The answer `index` before the latest one.
    private subscript(index: Int) -> Answer {
        ring[(nextIndex + 2 * Self.capacity - 1 - index) % Self.capacity]
    }

    /// The shortest of the latest round trips.
    func minimumRoundTrip(of answers: Int) -> Microseconds {
        var least = UInt32.max
        for index in 0..<min(answers, count) { least = min(least, self[index].roundTrip) }
        return Microseconds(least)
    }

    /// From the answer so many before the latest one to `now`; nil: no such answer.
    func time(since answers: Int, now: Microseconds) -> Microseconds? {
        guard answers < count else { return nil }
        return Microseconds(UInt32(truncatingIfNeeded: now) &- self[answers].arrivedAt)
    }

    /// By how much the round trip has grown over so many answers, and how many requests were sent meanwhile.
    func growth(over answers: Int) -> (roundTrip: Microseconds, requests: Int64)? {
        guard answers < count else { return nil }
        let (old, new) = (self[answers], self[0])
        let requests = new.sequence > old.sequence ? Int64(new.sequence - old.sequence) : 0
        return (Microseconds(new.roundTrip) - Microseconds(old.roundTrip), requests)
    }

    /// The round trip of the answered request next to one, among the latest four; the one before rather than the one
    /// after.
    func roundTrip(nextTo sequence: UInt32) -> Microseconds {
        var nearest = self[0]
        for index in 1..<Self.neighbours where index < count {
            let candidate = self[index]
            let isBefore = candidate.sequence < sequence
            if isBefore == (nearest.sequence < sequence) {
                if isBefore ? candidate.sequence > nearest.sequence : candidate.sequence < nearest.sequence {
                    nearest = candidate
                }
            } else if isBefore {
                nearest = candidate
            }
        }
        return Microseconds(nearest.roundTrip)
    }

    var latestRoundTrip: Microseconds { Microseconds(self[0].roundTrip) }
}
