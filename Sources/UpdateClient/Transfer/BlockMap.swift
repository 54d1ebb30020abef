/// Which blocks are there and which are asked for, two bits per block: the one account of a download's blocks. What of
/// it outlives the run is in the journal, by units of its own.
struct BlockMap {
    private var received: [UInt32]
    private var requested: [UInt32]
    /// Blocks that fit.
    let capacity: UInt32
    /// Blocks of the image; while that is not known, all that fit.
    private(set) var count: UInt32 = 0
    private(set) var receivedCount: UInt32 = 0
    /// Bytes in a block are `1 << exponent`.
    private(set) var exponent: UInt32 = 10
    /// No block before this one is needed.
    private var hint: UInt32 = 0

    init(capacity: UInt32) {
        let words = Int(capacity / 32) + (capacity % 32 == 0 ? 0 : 1)
        received = [UInt32](repeating: 0, count: words)
        requested = [UInt32](repeating: 0, count: words)
        self.capacity = capacity
    }

    mutating func reset(count: UInt32, exponent: UInt32) {
        for index in received.indices {
            received[index] = 0
            requested[index] = 0
        }
        self.count = min(count, capacity)
        self.exponent = exponent
        receivedCount = 0
        hint = 0
    }

    var isComplete: Bool { count > 0 && receivedCount == count }

    func isReceived(_ block: UInt32) -> Bool {
        block < count && received[Int(block / 32)] & (1 << (block % 32)) != 0
    }

    /// Whether every block that has some of these bytes is there.
    func isReceived(bytes range: Range<UInt32>) -> Bool {
        guard !range.isEmpty else { return false }
        for block in range.lowerBound >> exponent...(range.upperBound - 1) >> exponent where !isReceived(block) {
            return false
        }
        return true
    }

    /// - Returns: whether that is new.
    mutating func markReceived(_ block: UInt32) -> Bool {
        guard block < count, !isReceived(block) else { return false }
        received[Int(block / 32)] |= 1 << (block % 32)
        receivedCount += 1
        return true
    }

    mutating func markRequested(_ block: UInt32) {
        guard block < count else { return }
        requested[Int(block / 32)] |= 1 << (block % 32)
    }

    mutating func clearRequested(_ block: UInt32) {
        guard block < count else { return }
        requested[Int(block / 32)] &= ~(1 << (block % 32))
        hint = min(hint, block)
    }

    mutating func clearAllRequested() {
        for index in requested.indices { requested[index] = 0 }
        hint = 0
    }

    /// The first block that is neither there nor asked for.
    mutating func nextNeeded() -> UInt32? {
        while hint < count {
            let word = Int(hint / 32)
            let free = ~(received[word] | requested[word]) & (~0 << (hint % 32))
            let candidate = hint / 32 * 32 + UInt32(free.trailingZeroBitCount)
            guard free == 0 else {
                hint = min(candidate, count)
                return candidate < count ? candidate : nil
            }
            hint = candidate
        }
        hint = count
        return nil
    }

    /// The first block that is not there.
    func firstMissing() -> UInt32? {
        for word in received.indices where received[word] != ~0 {
            let candidate = UInt32(word * 32 + (~received[word]).trailingZeroBitCount)
            return candidate < count ? candidate : nil
        }
        return nil
    }

    /// The image turned out to have `count` blocks.
    ///
    /// - Returns: false if a block past that end is already there.
    mutating func shorten(to count: UInt32) -> Bool {
        guard count <= self.count else { return false }
        for block in count..<self.count where isReceived(block) { return false }
        self.count = count
        return true
    }

    /// Counts in blocks of which 2^`shift` make one of before.
    ///
    /// - Returns: false, and nothing done, if `newCount` does not fit.
    mutating func refine(shift: UInt32, newCount: UInt32) -> Bool {
        guard newCount <= capacity, shift < 8, shift <= exponent else { return false }
        let oldCount = count
        count = newCount
        exponent -= shift
        receivedCount = 0
        // From the end, so that nothing is overwritten before it is read.
        var old = oldCount
        while old > 0 {
            old -= 1
            let was = received[Int(old / 32)] & (1 << (old % 32)) != 0
            var part = UInt32(1) << shift
            while part > 0 {
                part -= 1
                let block = old << shift + part
                guard block < newCount else { continue }
                if was {
                    received[Int(block / 32)] |= 1 << (block % 32)
                    receivedCount += 1
                } else {
                    received[Int(block / 32)] &= ~(1 << (block % 32))
                }
            }
        }
        clearAllRequested()
        return true
    }
}
