/// Where the delta model keeps which probability.
package enum ModelLayout {
    // In `slots`:
    /// Literal bits by their byte so far and the parity of its place: 512.
    static let order0 = 0
    /// Literal bits by hashed contexts.
    static let literal = order0 + 512
    static let literalSize = 1800
    /// Hits in short runs, by `RunState.shortIndex`.
    package static let hit = literal + literalSize
    /// Hits and jumps by the last six hits and misses: of the source, of the output, of jumps.
    static let history = hit + 192
    /// Jumps by `RunState.jumpIndex`.
    package static let jump = history + 192
    /// Hits and jumps by hashed contexts.
    static let hashed = jump + 16
    static let hashedSize = 448
    /// What a jump goes to: a tree of three bits.
    package static let kind = hashed + hashedSize
    /// Whether an address that is not as predicted is put right: by call or pointer, one each.
    package static let fix = kind + 8
    /// Which of the recent shifts puts it right: a tree of three bits.
    package static let recent = fix + 2
    /// Whether a new shift is lower than the one predicted.
    package static let sign = recent + 8
    /// Three kinds of numbers.
    package static let number = sign + 1
    static let numberSize = 88
    /// Where the numbers of a kind are.
    package static func number(_ kind: NumberKind) -> Int { number + kind.rawValue * numberSize }
    package static let slotCount = number + 3 * numberSize

    // In `runs`:
    /// Hits in long runs, by `RunState.longIndex`.
    package static let longRun = 0
    /// Whether an address is as predicted, by run: where things moved to is known, and where not.
    package static let item = 2 * RunBucket.count
    package static let runCount = item + 2 * RunBucket.count

    // Sets of weights:
    static let literalSets = 0
    static let hitSets = 24
    static let jumpSets = 30
    static let setCount = 32
    /// Five probabilities and a constant.
    static let inputs = 6
}

/// The kinds of numbers that the delta format codes.
package enum NumberKind: Int {
    /// How far back in the output an alignment is.
    case distance
    /// How far in the source an alignment is from the last one there.
    case offset
    /// By how much a shift is not as predicted.
    case shift
}
