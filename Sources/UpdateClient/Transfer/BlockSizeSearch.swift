/// Finds out that a path carries small datagrams and drops large ones in silence (a black hole, RFC 8899 § 1), so that
/// smaller blocks can be asked for (RFC 7959 § 2.4).
///
/// When probes stay without an answer, a *witness* goes with them: a request for a smaller block, sent after the
/// others. On a path that loses by chance, or was away for a while, answers of all sizes come back. Where witnesses are
/// answered three times in a row, each a round trip after the one before, and nothing of the size in use is, that size
/// does not pass.
///
/// At a loss of 20 % each way the three cost the size in use by mistake once in 20 times that the search begins.
struct BlockSizeSearch {
    /// Witnesses in a row that came back alone.
    private static var neededSigns: Int { 3 }

    private var signs = 0
    /// By how many sizes the latest witness was below the size in use.
    private var depth: UInt8 = 0
    private var isDue = false
    private var isUnanswered = false

    /// Whether a witness was ever due.
    var hasBegun: Bool { depth > 0 }

    /// A block of the size in use came, or another size is in use.
    mutating func reset() { self = BlockSizeSearch() }

    /// Nothing came for a probe timeout. What was too large for the witness before may not be for a smaller one.
    mutating func silence() {
        if isUnanswered, signs == 0 { depth = min(depth + 1, 7) }
        isUnanswered = false
        isDue = true
    }

    /// What waits is gone with the channel; what was found out is not.
    mutating func channelRenewed() {
        isDue = false
        isUnanswered = false
    }

    /// - Returns: whether the size in use is taken not to pass. If not yet, another witness is due.
    mutating func witnessAnswered() -> Bool {
        signs += 1
        isDue = true
        isUnanswered = false
        return signs >= Self.neededSigns
    }

    /// The size of the witness that is due.
    ///
    /// - Parameters:
    ///   - inUse: SZX of the size in use.
    ///   - least: the smallest SZX to ask for.
    /// - Returns: nil: none is due, or there is no smaller size.
    mutating func takeWitness(below inUse: UInt8, least: UInt8) -> UInt8? {
        guard isDue else { return nil }
        isDue = false
        guard inUse > least else { return nil }
        if depth == 0 || depth > inUse - least { depth = 1 }
        isUnanswered = true
        return inUse - depth
    }
}
