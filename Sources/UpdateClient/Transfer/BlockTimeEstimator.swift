/// The time that the bottleneck needs for a block, from the spacing in which answers arrive.
///
/// Answers that waited in the queue together arrive at the pace of the link; those that did not, or between which one was
/// lost, arrive further apart. So the least spacing counts, taken over four answers as one pair may be compressed on
/// the way, among the latest 64 to 128.
struct BlockTimeEstimator {
    /// Microseconds; 0: not known.
    private(set) var value: Microseconds = 0
    /// The least value since the last reset; 0: none.
    private(set) var least: Microseconds = 0
    /// Answers since the last reset.
    private(set) var samples = 0
    private var arrivals = InlineArray<4, Microseconds>(repeating: 0)
    private var current: Microseconds = .max
    private var previous: Microseconds = .max
    private var currentSamples = 0

    mutating func reset() {
        least = 0
        samples = 0
        current = .max
        previous = .max
        currentSamples = 0
    }

    /// The link has become slower: what was known does not hold any more.
    mutating func restart(value: Microseconds) {
        previous = .max
        current = value
        currentSamples = 0
        self.value = value
    }

    mutating func add(now: Microseconds) {
        for index in stride(from: 3, to: 0, by: -1) { arrivals[index] = arrivals[index - 1] }
        arrivals[0] = now
        samples += 1
        guard samples >= 4 else { return }
        let spacing = (now - arrivals[3]) / 3
        guard spacing > 0 else { return }
        current = min(current, spacing)
        currentSamples += 1
        value = min(current, previous)
        least = least == 0 ? value : min(least, value)
        if currentSamples >= 64 {
            previous = current
            current = .max
            currentSamples = 0
        }
    }

    /// Mean spacing of the latest four answers; nil: not so many yet.
    func recent(now: Microseconds) -> Microseconds? {
        guard samples >= 4, now > arrivals[3] else { return nil }
        return (now - arrivals[3]) / 3
    }
}
