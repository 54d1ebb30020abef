import FlashEmulator

/// How much is tried.
public struct Effort: Equatable, Sendable {
    /// Tears of each kind at each operation of the clean run.
    public var firstTears: UInt64
    /// Of the states that a first cut leaves, every so manieth has its recovery cut as well.
    public var secondEvery: Int
    /// Kinds of tears at each operation of a recovery, in turns; before and after come on top.
    public var secondModes: Int
    /// Other seeds, other tears.
    public var seed: UInt64

    /// See the properties.
    public init(firstTears: UInt64, secondEvery: Int, secondModes: Int, seed: UInt64 = 0) {
        self.firstTears = firstTears
        self.secondEvery = secondEvery
        self.secondModes = secondModes
        self.seed = seed
    }

    /// For every test run: every operation in every way, and the recoveries of a part of these states.
    public static let test = Effort(firstTears: 2, secondEvery: 12, secondModes: 1)
    /// For `Tools/bench power`: the recoveries of all of them.
    public static let full = Effort(firstTears: 6, secondEvery: 1, secondModes: 1)
    /// For a build with a fault in it: more and more, until it is noticed; the last one for the small geometries only.
    public static let mutants = [
        Effort(firstTears: 2, secondEvery: .max, secondModes: 1),
        Effort(firstTears: 2, secondEvery: 12, secondModes: 1, seed: 1),
        .full,
    ]

    /// For a scenario in which a fault is hard to notice, on the small geometries.
    public static let hard = Effort(firstTears: 40, secondEvery: 1, secondModes: 4)

    func firstCuts(_ operation: Int) -> [(mode: PowerCut.Mode, tear: UInt64)] {
        [(.before, 0)] + PowerCut.Mode.torn.flatMap { mode in (0..<firstTears).map { (mode, $0) } } + [(.after, 0)]
    }

    func secondCuts(_ operation: Int, of first: UInt64) -> [(mode: PowerCut.Mode, tear: UInt64)] {
        let torn = PowerCut.Mode.torn
        let turn = Int(truncatingIfNeeded: first >> 1 & 0xFFFF) + operation
        return [(.before, 0)] + (0..<secondModes).map { (torn[(turn + $0) % torn.count], 0) } + [(.after, 0)]
    }
}
