/// In which order blocks are asked for: any, until a server shows that it cannot serve that.
enum RequestOrder: Equatable {
    /// Any block at any time.
    case any
    /// One request at a time, missing blocks in order.
    case sequential
    /// The same, and blocks that are there are asked for again. `next`: the block to ask for.
    case everyBlock(next: UInt32)

    /// The next simpler order, which begins after block 0; nil: there is none.
    var simpler: RequestOrder? {
        switch self {
        case .any: .sequential
        case .sequential: .everyBlock(next: 1)
        case .everyBlock: nil
        }
    }

    /// The block to ask for, if `missing` is the first one that is not there.
    func next(missing: UInt32) -> UInt32 {
        if case .everyBlock(let next) = self { return min(next, missing) }
        return missing
    }

    /// A block arrived, whether it was there or not.
    ///
    /// - Returns: whether it is a step ahead where every block is asked for.
    mutating func arrived(_ block: UInt32) -> Bool {
        guard self == .everyBlock(next: block) else { return false }
        self = .everyBlock(next: block + 1)
        return true
    }

    /// Each block became `1 << shift` smaller ones.
    mutating func refine(shift: UInt32) {
        if case .everyBlock(let next) = self { self = .everyBlock(next: next << shift) }
    }
}
