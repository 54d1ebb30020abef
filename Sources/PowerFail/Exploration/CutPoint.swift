public import FlashEmulator
import SeededRandom

/// One power cut of a run: at which operation, in which way, with which tear.
public struct CutPoint: Hashable, Sendable {
    /// Operations done since the start of the run or of the recovery that is cut.
    public var operation: Int
    /// What becomes of that operation.
    public var mode: PowerCut.Mode
    /// The number of the tear, from 0.
    public var tear: UInt64

    /// `operation.mode.tear`, as reruns take it.
    public var text: String { "\(operation).\(mode).\(tear)" }

    /// See the properties.
    public init(operation: Int, mode: PowerCut.Mode, tear: UInt64) {
        self.operation = operation
        self.mode = mode
        self.tear = tear
    }

    /// Reads `operation.mode.tear`; `nil` for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let operation = Int(parts[0]), operation >= 0,
            let mode = PowerCut.Mode(rawValue: String(parts[1])), let tear = UInt64(parts[2])
        else { return nil }
        self.init(operation: operation, mode: mode, tear: tear)
    }

    /// What decides the tear: other for every path of cuts.
    func seed(after parent: UInt64) -> UInt64 {
        SplitMix64.mix(SplitMix64.mix(parent &+ UInt64(operation)) ^ tear)
    }
}
