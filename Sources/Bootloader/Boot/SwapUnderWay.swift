import FirmwareImage
import Flash

/// A swap that was begun, and that the next boot finishes.
public struct SwapUnderWay: Equatable, Sendable {
    /// What the swap is for.
    public let type: SwapType
    /// Sectors written, of `stepCount`.
    public let stepsDone: UInt32
    /// Three for each sector of the longer image: up by one, and to either slot.
    public let stepCount: UInt32

    /// How far a swap got; `nil`: none is under way (``BootDecision/isSwapUnderWay``). Changes nothing, and looks at no
    /// image.
    ///
    /// - Throws: what reading throws but `io`.
    public static func read<Flash: NORFlash & ~Copyable>(
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> SwapUnderWay? {
        switch try BootDecision(flash: &flash, map: map) {
        case .boot, .settle, .start(_, nil), .discardRequest, .trial:
            return nil
        case .start(let type, .some):
            return SwapUnderWay(type: type, stepsDone: 0, stepCount: 0)
        case .resume(let record, _):
            let steps = SwapSteps(record, map)
            let stepsDone = try steps.stepsDone(flash: &flash, map: map) ?? 0
            return SwapUnderWay(type: record.swap.type, stepsDone: stepsDone, stepCount: steps.count)
        }
    }
}
