/// A fixed number of bits, allocated once.
struct BitSet: Sendable {
    /// How many bits there are.
    let count: Int
    /// How many of them are set.
    private(set) var population = 0
    private var words: [UInt32]

    init(count: Int) {
        self.count = max(count, 0)
        self.words = [UInt32](repeating: 0, count: (max(count, 0) + 31) / 32)
    }

    /// A bit; false outside of the set.
    func contains(_ index: Int) -> Bool {
        guard index >= 0, index < count else { return false }
        return words[index / 32] & (1 << UInt32(index % 32)) != 0
    }

    /// Sets a bit; outside of the set nothing happens.
    mutating func insert(_ index: Int) {
        guard index >= 0, index < count, !contains(index) else { return }
        words[index / 32] |= 1 << UInt32(index % 32)
        population += 1
    }

    /// Clears a bit; outside of the set nothing happens.
    mutating func remove(_ index: Int) {
        guard contains(index) else { return }
        words[index / 32] &= ~(1 << UInt32(index % 32))
        population -= 1
    }

    mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
        population = 0
    }

    /// Bytes of memory the bits take.
    var byteCount: Int { words.count * 4 }
}
