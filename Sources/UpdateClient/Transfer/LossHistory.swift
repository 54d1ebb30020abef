/// How requests end: the latest 64 in order, and for longer how many were lost with and without a queue.
///
/// Loss that comes with the queue is congestion; loss that comes all the same is the link's own.
struct LossHistory {
    /// Requests that `bits` has.
    private static var recent: Int64 { 64 }
    /// Requests that the link's own loss counts for while few are known: an eighth of the recent ones.
    private static var prior: Int64 { 8 }
    /// Requests without a queue from which their loss is the link's own.
    private static var leastQuiet: Int64 { 16 }
    /// Requests with a queue from which their loss is compared with it.
    private static var leastBusy: Int64 { 24 }
    /// Difference of the two, in 1/256, that is never congestion: 2 %, what rounding and one loss more make.
    private static var leastExcess: Int64 { 6 }
    /// Losses from which runs of them are counted.
    private static var leastLosses: Int64 { 4 }
    /// ``burstiness`` if each loss is for itself, and the most of it: runs of four and a half.
    static var independent: Int64 { 16 }
    private static var mostBurstiness: Int64 { 128 }
    /// Share of requests lost, in 1/256, beyond which runs are no shorter than they look.
    private static var mostRunLoss: Int64 { 200 }

    /// Requests that were sent in one condition, and how many of them were lost. Halved at `most`, so that it follows
    /// changes.
    struct Account {
        private static var most: Int64 { 256 }

        var lost: Int64 = 0
        var count: Int64 = 0

        mutating func add(lost isLost: Bool) {
            if count >= Self.most {
                count /= 2
                lost /= 2
            }
            count += 1
            lost += isLost ? 1 : 0
        }

        /// In 1/256.
        var share: Int64 { count > 0 ? lost * 256 / count : 0 }
    }

    private var bits: UInt64 = 0
    private var count: Int64 = 0
    private(set) var quiet = Account()
    private(set) var busy = Account()

    mutating func add(lost: Bool, isQuiet: Bool) {
        bits = bits << 1 | (lost ? 1 : 0)
        count = min(count + 1, Self.recent)
        if isQuiet {
            quiet.add(lost: lost)
        } else {
            busy.add(lost: lost)
        }
    }

    /// A request that was given up was answered after all.
    mutating func undoLoss(isQuiet: Bool) {
        bits &= bits &- 1
        if isQuiet {
            quiet.lost = max(0, quiet.lost - 1)
        } else {
            busy.lost = max(0, busy.lost - 1)
        }
    }

    var hasLoss: Bool { bits != 0 }

    /// Begins a new comparison.
    mutating func forgetBusy() { busy = Account() }

    /// Lost share of the latest, in 1/256, pulled towards the quiet share while little is known.
    var recentShare: Int64 { (Int64(bits.nonzeroBitCount) * 256 + Self.prior * floor) / (count + Self.prior) }

    /// The link's own loss, in 1/256: what is lost without a queue.
    var floor: Int64 { quiet.count >= Self.leastQuiet ? quiet.share : 0 }

    /// Whether requests that meet a queue are lost more often than others, beyond chance.
    ///
    /// - Parameter halfDeviations: What counts as beyond chance, in halves of a standard deviation.
    /// - Returns: Whether the queue is where requests are lost.
    func isCongested(halfDeviations: Int64) -> Bool {
        guard busy.count >= Self.leastBusy, quiet.count >= Self.leastQuiet else { return false }
        let excess = busy.share - quiet.share
        guard excess > Self.leastExcess else { return false }
        // excess > k · √(f · (1 − f) · (1/n + 1/m)), k standard deviations, without the root.
        let mean = (busy.lost + quiet.lost) * 256 / (busy.count + quiet.count)
        let variance = mean * (256 - mean) * (busy.count + quiet.count) / (busy.count * quiet.count)
        return excess * excess > halfDeviations * halfDeviations * variance / 4
    }

    /// By how much the losses in a row multiply the variance of what arrives, in 1/16: 16 if each is for itself. A run
    /// of n losses on average makes it about 2n − 1 (the variance of a two-state Markov chain).
    var burstiness: Int64 {
        let lost = Int64(bits.nonzeroBitCount)
        let runs = Int64((bits & ~(bits << 1)).nonzeroBitCount)
        guard lost >= Self.leastLosses, runs > 0 else { return Self.independent }
        let run = lost * Self.independent / runs * (256 - min(recentShare, Self.mostRunLoss)) / 256
        return min(max(2 * run - Self.independent, Self.independent), Self.mostBurstiness)
    }
}

/// Whole square root, by Newton's method.
func squareRoot(_ value: Int64) -> Int64 {
    guard value > 1 else { return max(0, value) }
    var root = value
    var next = (root + 1) / 2
    while next < root {
        root = next
        next = (root + value / root) / 2
    }
    return root
}
