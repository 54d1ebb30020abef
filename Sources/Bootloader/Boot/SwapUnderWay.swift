import FirmwareImage
import Flash

/// A swap that was begun, and that the next boot finishes.
public struct SwapUnderWay: Equatable, Sendable {
    public let type: SwapType
    /// Sectors written, of `stepCount`.
    public let stepsDone: UInt32
    /// Three for each sector of the longer image: up by one, and to either slot.
    public let stepCount: UInt32
}

extension Bootloader {
    /// Whether the slots are in the middle of a swap. Then both hold what the next boot needs, and nobody else may
    /// write to them, or judge by what the primary slot seems to hold. Changes nothing.
    ///
    /// - Parameters:
    ///   - trust: from the trust store.
    ///   - flash: the flash.
    ///   - map: where things are in it.
    /// - Returns: how far it got; `nil`: the slots are whole, or what is recorded is no swap of what they hold.
    /// - Throws: what reading throws.
    public static func swapUnderWay<Flash: NORFlash & ~Copyable>(
        trust: TrustRecord,
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> SwapUnderWay? {
        guard case .resume(let type, let swapSizeBytes) = try BootStep(flash: &flash, map: map) else { return nil }
        let run = BootRun<Cryptography>(map: map, trust: trust)
        guard let progress = try run.progress(of: type, swapSizeBytes: swapSizeBytes, flash: &flash) else {
            return nil
        }
        let sectors = SwapRun(map: map, swapSizeBytes: swapSizeBytes).imageSectors
        let stepsDone: UInt32 =
            switch progress {
            case .moved(let sectorsDone): sectorsDone
            case .swapped(let halves): sectors + halves
            }
        return SwapUnderWay(type: type, stepsDone: stepsDone, stepCount: 3 * sectors)
    }
}
