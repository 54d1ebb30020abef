/// The most that a flow has in flight on a link that very many share.
///
/// Behind a queue that is long beside the path, one block in flight is enough for any flow: the time that it waits is
/// nearly all of its round trip, so the link stays busy whoever makes the queue. So that is the limit there, which also
/// makes all flows equal. When there are more flows than blocks in the queue, one each is too much: the limit shrinks
/// to a half for a loss, and grows by a little each round trip, as any fair control does (Chiu and Jain 1989), down to
/// a sixteenth of a block per round trip. Only loss with a queue that is nearly as long as it ever was counts: a queue
/// that has held more drops nothing.
///
/// Whoever comes when the queue stands cannot measure the path. It takes the queue's length for the path's, finds no
/// queue, and fills it for all. Only a queue that very many fill changes between the round trips of one handshake;
/// where it did, the path is taken for short until a round trip is as short as the handshake's shortest.
struct CrowdLimit {
    /// One block in flight, in the unit of `value`.
    private static var block: Int64 { 256 }
    private static var least: Int64 { 16 }
    /// From which the limit ends: what a flow that has the path to itself may send anyway.
    private static var end: Int64 { 4 * block }

    /// A queue is long beyond so many microseconds and so many lengths of the path, whichever is more: with one block
    /// in flight a flow alone would still use ten elevenths of the link.
    private static var longQueue: Microseconds { 1_000_000 }
    private static var longPaths: Int64 { 10 }
    /// And beyond so many blocks of the flow's own.
    private static var ownBlocks: Int64 { 4 }
    /// Microseconds between the shortest and the longest round trip of a handshake, beyond which a queue may have
    /// changed between them.
    private static var changedQueue: Microseconds { 100_000 }
    /// Microseconds beyond the handshake's shortest round trip, within which it may be the path's.
    private static var proof: Microseconds { 250_000 }
    /// Microseconds that an unknown path is taken for.
    private static var unknownPath: Microseconds { 100_000 }
    /// Microseconds by which block 0 is later than the handshake's answers were, beyond which others must be waiting.
    private static var lateStart: Microseconds { 1_000_000 }

    /// In a long queue, for each round trip: while it is as long as it ever was, and while it is shorter.
    private static var fullGrowth: Int64 { 4 }
    private static var growth: Int64 { 16 }
    /// In a queue that is not long, for each answer: a quarter of a block where it is less than half of long.
    private static var recovery: Int64 { 16 }
    private static var shortRecovery: Int64 { 64 }

    /// Share of the longest queue, in 1/256, from which one may be full: four fifths.
    private static var fullShare: Int64 { 208 }
    /// Answers in which the longest queue is forgotten.
    private static var memory: Int64 { 256 }
    /// Losses that the link's own loss explains and that have not come yet, in 1/256; at most so many.
    private static var mostExpected: Int64 { 4 * 256 }
    /// By how much, in 1/256, the link's own loss is reckoned higher than measured: half as much again, as chance must
    /// not look like others.
    private static var expectedShare: Int64 { 384 }
    /// By which the limit shrinks for a loss.
    private static var divisor: Int64 { 2 }
    /// A queue is short below this part of a long one.
    private static var shortDivisor: Int64 { 2 }

    private enum Queue {
        case short
        case medium
        case long
        case full
    }

    /// Blocks in flight, in 1/256; nil: no limit.
    private(set) var value: Int64? {
        didSet {
            guard value == nil else { return }
            isPathUnknown = false
            wasLong = false
        }
    }
    private var isPathUnknown = false
    /// Whether the queue was long since there is a limit.
    private var wasLong = false
    private var queue = Queue.short
    /// Microseconds.
    private var longest: Microseconds = 0
    /// The link's own loss, in 1/256, as it was last known without a long queue.
    private var ownLoss: Int64 = 0
    private var expectedLosses: Int64 = 0
    /// The first request that was sent after the latest reduction.
    private var effectiveFrom: UInt32 = 0

    /// Whether one block is the most.
    var isCrowded: Bool { value.map { $0 <= Self.block } ?? false }

    func of(_ window: Int64) -> Int64 { min(window, value ?? window) }

    /// Block 0 is there.
    ///
    /// - Parameters:
    ///   - lateBy: Microseconds by which it took longer than the handshake's shortest round trip.
    ///   - spread: Microseconds between the handshake's shortest and its longest.
    mutating func begin(lateBy: Microseconds, spread: Microseconds) {
        isPathUnknown = spread > Self.changedQueue && lateBy > 0
        if isPathUnknown || lateBy > Self.lateStart { value = of(Self.block) }
    }

    /// What is to be taken for the path's round trip, of what was measured for it.
    func path(_ measured: Microseconds) -> Microseconds {
        isPathUnknown ? min(measured, Self.unknownPath) : measured
    }

    /// - Parameter lateBy: Microseconds by which an answer took longer than the handshake's shortest round trip.
    mutating func judgePath(lateBy: Microseconds) {
        guard isPathUnknown, lateBy < Self.proof else { return }
        isPathUnknown = false
        if !wasLong { value = nil }
    }

    /// What the latest answer says of the queue.
    ///
    /// - Parameters:
    ///   - waited: Microseconds.
    ///   - path: Round trip without a queue, microseconds.
    ///   - blockTime: Microseconds that the bottleneck needs for a block.
    ///   - floor: The link's own loss, in 1/256.
    mutating func measure(waited: Microseconds, path: Microseconds, blockTime: Microseconds, floor: Int64) {
        let long = max(Self.longQueue, Self.longPaths * path) + Self.ownBlocks * blockTime
        longest = max(waited, longest - longest / Self.memory)
        if waited > long {
            queue = waited > longest * Self.fullShare / 256 ? .full : .long
            value = of(Self.block)
            wasLong = true
        } else {
            queue = waited < long / Self.shortDivisor ? .short : .medium
            // In a queue of many flows the loss without a queue cannot be measured.
            ownLoss = floor
            expectedLosses = ownLoss > 0 ? Self.mostExpected : 0
        }
    }

    mutating func answered() {
        guard let limit = value else { return }
        countExpected()
        switch queue {
        case .long, .full:
            // In a round trip `limit` answers come.
            let growth = queue == .full ? Self.fullGrowth : Self.growth
            value = min(Self.block, limit + growth * Self.block / limit)
        case .medium: value = limit < Self.end ? limit + Self.recovery : nil
        case .short:
            // Below a block it doubles: the crowd is gone.
            let recovery = max(Self.shortRecovery, limit < Self.block ? limit : 0)
            value = limit < Self.end ? limit + recovery : nil
        }
    }

    /// - Parameters:
    ///   - sequence: Of the request that was lost.
    ///   - nextSequence: Of the next one.
    mutating func lost(_ sequence: UInt32, nextSequence: UInt32) {
        guard queue == .full, let limit = value else { return }
        countExpected()
        guard expectedLosses < 256 else {
            expectedLosses -= 256
            return
        }
        // Once for all that were sent before it could have an effect.
        guard sequence >= effectiveFrom else { return }
        effectiveFrom = nextSequence
        value = max(Self.least, limit / Self.divisor)
    }

    private mutating func countExpected() {
        expectedLosses = min(Self.mostExpected, expectedLosses + ownLoss * Self.expectedShare / 256)
    }
}
