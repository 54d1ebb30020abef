/// One request for one block.
struct Attempt {
    enum State: UInt8 {
        /// Neither answered nor given up.
        case outstanding
        /// Given up; its answer may still come.
        case lost
        case answered
        /// Not waited for any more, for another reason than time.
        case abandoned
    }

    var sequence: UInt32
    /// NUM in blocks of `szx`.
    var block: UInt32
    var sentAt: Microseconds
    var state: State
    var szx: UInt8
    /// A second request for a block that is still being waited for.
    var isHedge: Bool
}

/// The latest requests by sequence number, in a ring.
struct AttemptTable {
    private var ring: [Attempt]
    private let mask: UInt32
    /// Sequence number of the next request. Starts at the capacity, so that subtracting never passes 0.
    private(set) var next: UInt32
    /// No request before this one is outstanding.
    private(set) var oldest: UInt32
    private(set) var outstanding = 0

    /// - Parameter capacity: at least this many requests are remembered.
    init(capacity: Int) {
        var size = 4
        while size < capacity { size *= 2 }
        let unused = Attempt(
            sequence: 0,
            block: 0,
            sentAt: 0,
            state: .answered,
            szx: 0,
            isHedge: false
        )
        ring = [Attempt](repeating: unused, count: size)
        mask = UInt32(size - 1)
        next = UInt32(size)
        oldest = next
    }

    /// The request `sequence`, if it is remembered.
    func find(_ sequence: UInt32) -> Attempt? {
        guard sequence < next, next - sequence <= UInt32(ring.count) else { return nil }
        let attempt = ring[Int(sequence & mask)]
        return attempt.sequence == sequence ? attempt : nil
    }

    /// The outstanding request that was sent first.
    var firstOutstanding: Attempt? {
        guard outstanding > 0 else { return nil }
        return find(oldest)
    }

    /// Whether the next request would push out one that is still outstanding.
    var isFull: Bool { outstanding > 0 && next - oldest >= UInt32(ring.count) }

    /// Adds a request; the caller has checked `isFull`.
    mutating func append(block: UInt32, szx: UInt8, now: Microseconds, isHedge: Bool) -> UInt32 {
        let sequence = next
        ring[Int(sequence & mask)] = Attempt(
            sequence: sequence,
            block: block,
            sentAt: now,
            state: .outstanding,
            szx: szx,
            isHedge: isHedge
        )
        if outstanding == 0 { oldest = sequence }
        next += 1
        outstanding += 1
        return sequence
    }

    /// Ends a request that is outstanding, or a lost one that is answered after all.
    mutating func finish(_ sequence: UInt32, as state: Attempt.State) {
        guard let attempt = find(sequence) else { return }
        if attempt.state == .outstanding { outstanding -= 1 }
        ring[Int(sequence & mask)].state = state
        skipFinished()
    }

    /// Whether another request for the block is outstanding.
    func isOutstanding(block: UInt32, szx: UInt8) -> Bool {
        guard outstanding > 0 else { return false }
        for sequence in oldest..<next {
            if let attempt = find(sequence), attempt.state == .outstanding, attempt.block == block, attempt.szx == szx {
                return true
            }
        }
        return false
    }

    /// Whether a request for a block of this size is outstanding that was sent after `other`.
    func isOutstanding(szx: UInt8, after other: Attempt) -> Bool {
        for sequence in max(oldest, other.sequence)..<max(oldest, next) {
            if let attempt = find(sequence), attempt.state == .outstanding, attempt.szx == szx { return true }
        }
        return false
    }

    mutating func markHedged(_ sequence: UInt32) {
        guard find(sequence) != nil else { return }
        ring[Int(sequence & mask)].isHedge = true
    }

    /// Forgets all requests, for a new transfer.
    mutating func restart() {
        // Far from the end of the numbers, whatever a single transfer needs.
        if next > 1 << 31 { next = UInt32(ring.count) }
        forgetAll()
    }

    /// Forgets all requests; their answers will be unknown.
    mutating func forgetAll() {
        for index in ring.indices {
            ring[index].sequence = 0
            ring[index].state = .answered
        }
        oldest = next
        outstanding = 0
    }

    /// Waits no longer for the outstanding requests; their answers are still known when they come.
    mutating func abandonOutstanding() {
        for index in ring.indices where ring[index].state == .outstanding { ring[index].state = .abandoned }
        oldest = next
        outstanding = 0
    }

    private mutating func skipFinished() {
        while oldest < next, ring[Int(oldest & mask)].state != .outstanding { oldest += 1 }
    }
}
