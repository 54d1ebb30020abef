/// How the latest 64 requests ended.
struct LossHistory {
    private var bits: UInt64 = 0
    private(set) var count = 0

    mutating func add(lost: Bool) {
        bits = bits << 1 | (lost ? 1 : 0)
        count = min(count + 1, 64)
    }

    /// A request that was given up was answered after all.
    mutating func undoLoss() {
        bits &= bits &- 1
    }

    mutating func reset() {
        bits = 0
        count = 0
    }

    var lost: Int { bits.nonzeroBitCount }

    /// Lost share in 1/256, pulled towards `prior` (as if that had been seen 8 times) while little is known.
    func share(prior: Int64) -> Int64 {
        (Int64(lost) * 256 + 8 * prior) / Int64(count + 8)
    }
}
