/// What the controller reckons with. Windows and queues are counted in 1/256 of a block, time in microseconds.
extension CongestionController {
    /// A block, in the unit of windows and queues.
    static var block: Int64 { 256 }
    /// Blocks of its own that a flow keeps in the queue: nearly two, so that rounding does not let it run empty.
    static var targetQueue: Int64 { 2 * block - 32 }
    /// What any queue can be expected to hold: the initial window, and the least one of a flow that has the path to
    /// itself.
    static var smallWindow: Int64 { 4 * block }
    /// The longest first window: one queue of 64 KiB holds as much, if all that block 0 said was wrong.
    static var longestFirstWindow: Int64 { 64 * block }
    /// Answers from which the time of a block is known well enough.
    static var startupAnswers: Int { 4 }
    /// Answers at which startup ends although jitter hides what they say.
    static var mostStartupAnswers: Int { 16 }
    /// Answers that a minimum is taken over where there is jitter: each of a window's, several times.
    static var standingAnswers: Int { 8 }
    /// Share of requests lost, in 1/256, from which an empty queue is no reason to send more: nearly a third.
    static var heavyLoss: Int64 { 80 }
    /// The slowest link on which a block's time is believed, in microseconds: 17 kbit/s.
    static var longestBlockTime: Microseconds { 500_000 }
    /// Standard deviations, in halves, by which loss with a queue must exceed the rest; with jitter the two mix.
    static var halfDeviations: Int64 { 2 }
    static var halfDeviationsJittered: Int64 { 4 }
    /// Of the link's rate, in 1/256: below it others have a part. Four fifths.
    static var wholeRate: Int64 { 205 }
}
