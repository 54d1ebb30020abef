/// How much a flow asks for on a link that very many share.
///
/// One block in flight each is too much for a queue when there are more flows than blocks in it. What tells is a queue
/// that no few flows make, of seconds, together with loss: then the share shrinks to a half for each loss and grows by
/// a little with each answer, as any fair control does (Chiu and Jain 1989), down to a sixteenth of a block per round
/// trip. Losses as often as the link's own are no sign of others.
struct CrowdShare {
    /// The whole share, in the unit of `value`.
    static var full: Int64 { 256 }
    private static var least: Int64 { 16 }
    /// Microseconds of queue that a few flows do not make, beside four blocks of theirs.
    private static var longQueue: Microseconds { 2_000_000 }
    /// Microseconds by which block 0 is later than the handshake's answers were, beyond which others must be waiting.
    private static var lateStart: Microseconds { 3_000_000 }
    /// Of a newcomer that finds such a queue: a quarter.
    private static var lateShare: Int64 { 64 }
    /// For one answer from a long queue, and from one that is not long.
    private static var growth: Int64 { 2 }
    private static var recovery: Int64 { 8 }

    /// In 1/256.
    private(set) var value = CrowdShare.full

    /// Losses that the link's own loss explains and that have not come yet, in 1/256; at most so many.
    private static var mostExpected: Int64 { 4 * 256 }

    /// The link's own loss, in 1/256, as it was last known without a long queue.
    private var ownLoss: Int64 = 0
    private var expectedLosses: Int64 = 0

    var isReduced: Bool { value < Self.full }

    func of(_ window: Int64) -> Int64 { window * value / Self.full }

    mutating func begin(lateBy: Microseconds) {
        if lateBy > Self.lateStart { value = min(value, Self.lateShare) }
    }

    /// A request ended.
    ///
    /// - Parameters:
    ///   - lost: Without an answer.
    ///   - queue: Microseconds that the latest answer waited.
    ///   - blockTime: Microseconds that the bottleneck needs for a block of ours.
    ///   - floor: The link's own loss, in 1/256.
    mutating func note(lost: Bool, queue: Microseconds, blockTime: Microseconds, floor: Int64) {
        guard queue > Self.longQueue + 4 * blockTime else {
            // In a queue of many flows the loss without a queue cannot be measured.
            ownLoss = floor
            expectedLosses = ownLoss > 0 ? Self.mostExpected : 0
            value = min(Self.full, value + Self.recovery)
            return
        }
        // Half as much again: chance must not look like others.
        expectedLosses = min(Self.mostExpected, expectedLosses + ownLoss * 3 / 2)
        if !lost {
            value = min(Self.full, value + Self.growth)
        } else if expectedLosses >= 256 {
            expectedLosses -= 256
        } else {
            value = max(Self.least, value / 2)
        }
    }
}
