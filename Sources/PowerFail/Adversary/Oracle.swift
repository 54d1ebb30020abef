import SeededRandom

/// Decides what is open in a run: choices that are given, then the first alternative of every one.
///
/// Device code is deterministic but for what it reads. So a run is its choices, and another run is had by changing one
/// of them (stateless model checking, as Godefroid's VeriSoft).
package struct Oracle {
    /// One choice of a run.
    package struct Choice {
        package let alternatives: UInt8
        /// Whether another one than the first counts as a deviation.
        package let isDeviation: Bool
        package let taken: UInt8
    }

    /// Which reads may deviate.
    package enum Policy: UInt8, Sendable {
        /// The first of a unit, and the first after each operation.
        case oncePerEpoch
        /// Any.
        case always
    }

    let policy: Policy
    private let script: [UInt8]
    package private(set) var taken: [Choice] = []
    /// Draws what is not given; nil: takes the first alternative.
    private var random: SplitMix64?
    /// The alternative that is taken of choices that are no deviations.
    private var constant = 0

    package init(_ script: [UInt8], _ policy: Policy) {
        self.script = script
        self.policy = policy
    }

    /// Draws from a seed.
    init(drawnFrom seed: UInt64) {
        self.init([], .always)
        random = SplitMix64(seed: seed)
    }

    /// No deviation, and of every other choice this alternative, or else the last one.
    init(constant: Int) {
        self.init([], .oncePerEpoch)
        self.constant = constant
    }

    /// Whether all that was given is used up: from here on the run is new.
    var isBeyondScript: Bool { taken.count >= script.count }

    mutating func choose(of alternatives: Int, isDeviation: Bool) -> Int {
        guard alternatives > 1 else { return 0 }
        var chosen = 0
        if taken.count < script.count {
            chosen = min(Int(script[taken.count]), alternatives - 1)
        } else if random != nil {
            // A deviation now and then: with every read another answer, nothing that is read again is believed.
            let isDrawn = !isDeviation || random?.next().isMultiple(of: 4) ?? false
            chosen = isDrawn ? Int(truncatingIfNeeded: (random?.next() ?? 0) % UInt64(alternatives)) : 0
        } else if !isDeviation {
            chosen = min(constant, alternatives - 1)
        }
        taken.append(Choice(alternatives: UInt8(alternatives), isDeviation: isDeviation, taken: UInt8(chosen)))
        return chosen
    }

    /// What was chosen, as a script.
    var choices: [UInt8] { taken.map(\.taken) }
}
