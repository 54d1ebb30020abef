/// How many second requests for blocks that are still waited for the end of a transfer is worth.
struct HedgeBudget {
    /// Share of the image's blocks, in 1/256, that hedges may add to what a transfer without loss asks for: 5 %.
    private static var share: UInt32 { 13 }
    /// Least share of requests, in 1/256, that is taken to be answered: loss beyond three quarters buys no more hedges.
    private static var leastAnswered: Int64 { 64 }
    /// Share of requests lost, in 1/256, from which hedges pay: 4 %. With less, they are mostly duplicates.
    private static var leastLoss: Int64 { 10 }
    /// Hedges kept for each missing block: one, and one in case that is lost too.
    private static var perBlock: UInt32 { 2 }

    private var sent: UInt32 = 0

    var isUsed: Bool { sent > 0 }

    mutating func send() { sent += 1 }

    /// Whether the missing blocks may be asked for a second time.
    ///
    /// - Parameters:
    ///   - blocks: of the image.
    ///   - missing: how many of them are not there.
    ///   - loss: share of the recent requests that were lost.
    /// - Returns: whether loss makes it worth while, and enough hedges are left.
    func isAffordable(blocks: UInt32, missing: UInt32, lossPer256 loss: Int64) -> Bool {
        // Of all requests that this loss makes necessary.
        let budget = blocks * Self.share / UInt32(max(256 - loss, Self.leastAnswered))
        return loss >= Self.leastLoss && sent < budget && missing * Self.perBlock <= budget - sent
    }
}
