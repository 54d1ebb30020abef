/// A power failure at one operation of a flash.
///
/// The faults of the emulator, by name:
/// - `before`: the operation does not happen.
/// - `insidePrefix`: a program writes its first bytes, the last of them in part; an erase erases the first bytes of the
///   sector.
/// - `insideSubset`: of the bits that were to change, a random share did, anywhere.
/// - `insideBlocks`: the same by aligned blocks of 1…64 bytes, each done or not: fields of a record survive whole beside
///   others that do not, which single bits hardly ever hit.
/// - `after`: the operation happens, and its caller does not learn it.
///
/// In every case that operation and all later ones throw `powerLost`, reads included, until `powerOn()`.
public struct PowerCut: Equatable, Sendable {
    public enum Mode: String, CaseIterable, Sendable {
        case before, insidePrefix, insideSubset, insideBlocks, after
    }

    /// Which program or erase fails: 0 is the next one. Reads are not counted.
    public var operation: UInt64
    public var mode: Mode
    /// Decides what of a torn operation happens.
    public var seed: UInt64

    public init(operation: UInt64, mode: Mode, seed: UInt64 = 0) {
        self.operation = operation
        self.mode = mode
        self.seed = seed
    }
}
