/// How requests end: the latest 64 in order, and for longer how many were lost with and without a queue.
///
/// Loss that comes with the queue is congestion; loss that comes all the same is the link's own.
struct LossHistory {
    /// Requests that were sent in one condition, and how many of them were lost. Halved at 256, so that it follows
    /// changes.
    struct Account {
        var lost: Int64 = 0
        var count: Int64 = 0

        mutating func add(lost isLost: Bool) {
            if count >= 256 {
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
        count = min(count + 1, 64)
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
    var recentShare: Int64 { (Int64(bits.nonzeroBitCount) * 256 + 8 * floor) / (count + 8) }

    /// The link's own loss, in 1/256: what is lost without a queue.
    var floor: Int64 { quiet.count >= 16 ? quiet.share : 0 }

    /// Whether requests that meet a queue are lost more often than others, beyond chance.
    ///
    /// - Parameter halfDeviations: What counts as beyond chance, in halves of a standard deviation.
    /// - Returns: Whether the queue is where requests are lost.
    func isCongested(halfDeviations: Int64) -> Bool {
        guard busy.count >= 24, quiet.count >= 16 else { return false }
        let excess = busy.share - quiet.share
        guard excess > 6 else { return false }
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
        guard lost >= 4, runs > 0 else { return 16 }
        let run = lost * 16 / runs * (256 - min(recentShare, 200)) / 256
        return min(max(2 * run - 16, 16), 128)
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
