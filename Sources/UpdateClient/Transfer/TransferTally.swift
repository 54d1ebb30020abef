/// What a transfer has sent and received, for ``TransferProgress``.
struct TransferTally {
    private(set) var requests: UInt32 = 0
    private(set) var retransmissions: UInt32 = 0
    private(set) var duplicates: UInt32 = 0
    private(set) var faults: UInt32 = 0
    /// Blocks below this one were asked for before.
    private var highestRequested: UInt32 = 0

    mutating func requested(_ block: UInt32, isHedge: Bool) {
        if isHedge || block < highestRequested { retransmissions &+= 1 }
        highestRequested = max(highestRequested, block + 1)
        requests &+= 1
    }

    mutating func requestedWitness() { requests &+= 1 }

    mutating func duplicate() { duplicates &+= 1 }

    mutating func fault() { faults &+= 1 }

    /// Each block became `1 << shift` smaller ones.
    mutating func refine(shift: UInt32) { highestRequested = highestRequested << shift }
}
