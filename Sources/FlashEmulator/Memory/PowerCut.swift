/// A power failure at one operation of a flash.
///
/// The faults of the emulator, by name:
/// - `before`: the operation does not happen.
/// - `insidePrefix`: a program writes its first bytes, the last of them in part; an erase erases the first bytes of the
///   sector.
/// - `insideSubset`: of the bits that were to change, a random share did, anywhere: few, half or most. An erase so torn
///   leaves a share of the old programmed bits.
/// - `insideBlocks`: the same by aligned blocks of 1…64 bytes, each done or not: fields of a record survive whole
///   beside others that do not, which single bits hardly ever hit.
/// - `insideUnstable`: none, few, half, most or all of the bits that were to change did, and 1…24 of them are
///   unstable (`UnstableBits`).
/// - `insideUnreadable`: as `insideSubset`, and 1…4 of the write units fail to read from then on, with `io`, until
///   their sector is erased, as on parts with ECC; programming them is refused.
/// - `insidePreprogrammed`: of an erase, which programs the sector to zero before it erases: a share of its bits is
///   programmed, also where they were erased. A program is torn as by `insideSubset`.
/// - `after`: the operation happens, and its caller does not learn it.
///
/// In every case that operation and all later ones throw `powerLost`, reads included, until `powerOn()`.
public struct PowerCut: Equatable, Sendable {
    /// What of the operation happens; see above.
    public enum Mode: String, CaseIterable, Sendable {
        case before, insidePrefix, insideSubset, insideBlocks, insideUnstable, insideUnreadable, insidePreprogrammed
        case after

        /// Those that tear the operation.
        public static let torn = allCases.filter { $0 != .before && $0 != .after }
    }

    /// Which program or erase fails: 0 is the next one. Reads are not counted.
    public var operation: UInt64
    /// What of the operation happens.
    public var mode: Mode
    /// Decides what of a torn operation happens.
    public var seed: UInt64

    /// A cut at an operation; see the properties.
    public init(operation: UInt64, mode: Mode, seed: UInt64 = 0) {
        self.operation = operation
        self.mode = mode
        self.seed = seed
    }
}
