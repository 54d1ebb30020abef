/// Requests beyond the window, in place of answers that are overdue.
///
/// When the next answer is so late that the path is probably running empty, one request goes out in place of each
/// answer that did not come; nothing is given up for that.
struct StallTimer {
    /// So many in a row, as many as a first window has (RFC 6928): what does not help then is left to the probes.
    private static var maximumRequests: Int { 4 }
    /// Share of the round trip's variation, in 1/256, that an answer may be late by anyway: a quarter.
    private static var variationShare: Microseconds { 64 }

    /// Requests beyond the window since the latest answer.
    private(set) var requests = 0

    mutating func fire() { requests += 1 }

    /// When the next answer is overdue: blocks that waited in the queue together arrive one block time apart, others a
    /// round trip after their request.
    ///
    /// - Parameters:
    ///   - first: the oldest request outstanding.
    ///   - lastAnswerAt: when an answer came last.
    ///   - spacing: the time that the bottleneck needs for a block.
    ///   - shortest: the shortest round trip.
    ///   - variation: mean deviation of the round trip.
    ///   - jitter: see ``AnswerHistory/jitter``.
    /// - Returns: nil: enough went out.
    func deadline(
        first: Attempt,
        lastAnswerAt: Microseconds,
        spacing: Microseconds,
        shortest: Microseconds,
        variation: Microseconds,
        jitter: Microseconds
    ) -> Microseconds? {
        guard requests < Self.maximumRequests else { return nil }
        let expected = max(lastAnswerAt + spacing, first.sentAt + shortest)
        // Each one waits twice as long as the one before.
        return expected + max(spacing, variation * Self.variationShare / 256 + jitter)
            + (spacing << Microseconds(requests)) - spacing
    }
}
