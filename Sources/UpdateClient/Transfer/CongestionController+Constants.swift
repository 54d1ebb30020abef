/// What the controller reckons with. Windows and queues are counted in 1/256 of a block, time in microseconds, shares
/// in 1/256. Where no other reason stands, a value was found with Tools/bench transfer.
extension CongestionController {
    /// A block, in the unit of windows and queues.
    static var block: Int64 { 256 }

    // MARK: Queue

    /// Blocks of its own that a flow keeps in the queue: nearly two, so that rounding does not let it run empty.
    static var targetQueue: Int64 { 2 * block - 32 }
    /// Block times by which a round trip may exceed the shortest one with next to no queue: the block that is being
    /// sent, and the one asked for.
    static var nearlyEmpty: Int64 { 2 }
    /// Below it, where there is jitter, the queue was empty: a quarter of a block is less than can be told from none.
    static var emptyQueue: Int64 { block / 4 }
    /// Share of a block's time and of the jitter by which a round trip may exceed the shortest one and count as it: a
    /// quarter, less than one block of queue.
    static var nearShare: Int64 { 64 }
    /// Share of the jitter that the shortest of a few round trips is above the shortest possible: half.
    static var hiddenJitter: Int64 { 128 }
    /// Share of a block's time from which jitter counts as such: a quarter. Below it, it moves no window by a block.
    static var jitteredShare: Int64 { 64 }
    /// Answers that a minimum is taken over where there is jitter: each of a window's, several times.
    static var standingAnswers: Int { 8 }
    /// Lengths of the path in blocks below which two flows with a target each would make it mostly queue.
    static var shortPath: Int64 { 8 }
    /// Blocks by which block 0 may be later than the handshake's small answers without a queue: its own, and that of a
    /// link that sends whole frames.
    static var handshakeBlocks: Int64 { 2 }

    // MARK: Start

    /// What any queue can be expected to hold: the initial window (RFC 8085 § 3.1.1 allows what RFC 6928 does), and the
    /// least one of a flow that has the path to itself.
    static var smallWindow: Int64 { 4 * block }
    /// The longest first window: one queue of 64 KiB holds as much, if all that block 0 said was wrong.
    static var longestFirstWindow: Int64 { 64 * block }
    /// Microseconds: on a path of a tenth of this and less, the first window is the ten blocks of RFC 6928.
    static var shortStart: Microseconds { 400_000 }
    /// Share of block 0's own time between the requests of a long first window: three quarters, a little faster than
    /// the link as that shows it.
    static var startPace: Int64 { 192 }
    /// Answers from which the time of a block is known well enough.
    static var startupAnswers: Int { 4 }
    /// The same where losses lie between them, so that spacings span several blocks.
    static var lossyStartupAnswers: Int { 8 }
    /// Answers at which startup ends although jitter hides what they say.
    static var mostStartupAnswers: Int { 16 }
    /// The slowest link on which a block's time is believed: 17 kbit/s.
    static var longestBlockTime: Microseconds { 500_000 }
    /// The window from which the spacing of answers is the link's and not the flow's own pace.
    static var measuringWindow: Int64 { 3 * block }

    // MARK: Pacing

    /// Share of a block's time between two requests: seven eighths, since what is sent exactly at the link's pace lets
    /// the queue run empty now and then.
    static var pace: Int64 { 224 }
    /// The same while there is no queue although there is loss: losses between answers let the link look slower than it
    /// is, by half at most.
    static var emptyPace: Int64 { 128 }
    /// Share of a block's time by which a round trip may exceed the shortest one while there is no queue: half.
    static var emptyRise: Int64 { 128 }
    /// The most loss that requests are sent faster for: half. More is no property of a link.
    static var mostPacedLoss: Int64 { 128 }

    // MARK: Loss

    /// The most loss that the window is enlarged for: five eighths, 2.7 times the window.
    static var mostCompensatedLoss: Int64 { 160 }
    /// Blocks in flight for a share of 1 of loss, beyond what the mean needs: the time until a loss is noticed.
    static var lossMargin: Int64 { 3 }
    /// Share of requests lost from which an empty queue is no reason to send more: nearly a third.
    static var heavyLoss: Int64 { 80 }
    /// Standard deviations, in halves, by which loss with a queue must exceed the rest; with jitter the two mix.
    static var halfDeviations: Int64 { 2 }
    static var halfDeviationsJittered: Int64 { 4 }
    /// By which the window shrinks at the second probe timeout in a row (RFC 5681 § 3.1); at the third it is the first
    /// one again.
    static var silenceDivisor: Int64 { 2 }

    // MARK: Steering

    /// Of the link's rate: below it others have a part. Four fifths.
    static var wholeRate: Int64 { 205 }
    /// Share of the way to the full window that is gone in a round trip: half, so that two errors in a row do not add.
    static var approach: Int64 { 128 }
    /// The most that the window shrinks in a round trip: a quarter. What the queue says is one round trip old.
    static var mostReduction: Int64 { 64 }
    /// What the window grows by in a round trip without a queue: a quarter.
    static var starvedGrowth: Int64 { 64 }
    /// Times the usual spacing from which answers say that the link has become slower: half its rate or less.
    static var surgeSpacing: Int64 { 2 }
    /// Share of the time of these answers by which the round trip must have grown meanwhile: half.
    static var surgeGrowth: Int64 { 128 }

    // MARK: Draining

    /// Time between two drains: so many of the round trips with a usual queue, and a second at least. The flow sends
    /// less in one of them.
    static var leastDrainInterval: Microseconds { 1_000_000 }
    static var drainRounds: Int64 { 9 }
    static var drainBlocks: Int64 { 4 }
    /// Part of that interval from which a flow joins the drain of another.
    static var earlyDrain: Int64 { 3 }
    /// Share of a block's time by which the shortest round trip falls when another flow drains: three quarters.
    static var drainFall: Int64 { 192 }
    /// How much faster the interval passes for a flow that has not drained yet: it may never have seen the path empty.
    static var undrainedAging: Int64 { 2 }
    /// The window below which a drain goes a whole block below what the queue holds: there, rounding is a block.
    static var coarseWindow: Int64 { 12 * block }
    /// What it goes below that otherwise.
    static var fineDrainMargin: Int64 { block / 4 }
    /// Drains in vain, in a row, from which the path is taken to have become longer.
    static var mostFailedDrains: Int { 3 }
}
