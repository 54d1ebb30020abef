/// How the present alignment has done so far: chooses the probabilities of the next decisions.
package struct RunState {
    /// After so many misses in a row an alignment is dropped.
    package static let missLimit: UInt32 = 8

    /// Bytes in a row that were as predicted.
    package private(set) var run: UInt32 = 0
    /// Bytes in a row that were not.
    package private(set) var misses: UInt32 = 0
    /// The last bytes, a bit each, the latest lowest: 1 if as predicted.
    package private(set) var history: UInt32 = 0
    /// Whether no byte was wrong since the last jump.
    package private(set) var isFresh = false
    /// Whether the alignment is with the output and not with the source.
    package private(set) var isOutput = false
    /// Whether there is an alignment at all.
    package private(set) var isAligned = false

    package init() {}

    /// Bytes were as predicted.
    package mutating func hit(_ count: UInt32) {
        run &+= count
        misses = 0
        history = history &<< 1 | 1
    }

    /// A byte is not as predicted.
    package mutating func missed() {
        run = 0
        misses &+= 1
        history = history &<< 1
    }

    /// The byte was said in full.
    package mutating func literal() {
        isFresh = false
        if !isAligned {
            misses &+= 1
            history = history &<< 1
        } else if misses >= Self.missLimit {
            isAligned = false
        }
    }

    /// There is a new alignment.
    package mutating func jumped(toOutput: Bool) {
        run = 0
        misses = 0
        isFresh = true
        isOutput = toOutput
        isAligned = true
    }

    /// The alignment has reached the end of the source.
    package mutating func lost() { isAligned = false }

    /// The probability of the next byte's hit in a long run: 0..<2 * `RunBucket.count`.
    package var longIndex: Int { RunBucket.of(run) &+ (isOutput ? RunBucket.count : 0) }

    /// The same in a short one: 0..<192.
    package func shortIndex(parity: Int) -> Int {
        let bucket = run > 0 ? min(RunBucket.of(run), 15) : 16 &+ Int(truncatingIfNeeded: min(misses, 7))
        return ((isFresh ? 2 : 0) &+ (isOutput ? 4 : 0) &+ parity) &* 24 &+ bucket
    }

    /// The probability of a jump: 0..<16.
    package func jumpIndex(parity: Int) -> Int {
        let step =
            isAligned ? Int(truncatingIfNeeded: min(misses, 3)) : 4 &+ Int(truncatingIfNeeded: min(misses &>> 1, 3))
        return parity &* 8 &+ step
    }
}
