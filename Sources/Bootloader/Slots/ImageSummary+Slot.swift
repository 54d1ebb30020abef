import FirmwareImage
import Flash

extension ImageSummary {
    /// Reads what the image in a slot says of itself; `nil` if there is none that can be read.
    ///
    /// - Throws: `powerLost` only.
    static func read<Flash: NORFlash & ~Copyable>(
        from slot: Slot,
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> ImageSummary? {
        var source = SlotSource(slot, of: map, taking: flash)
        let summary: ImageSummary?
        do throws(ImageError) {
            summary = try ImageSummary(reading: &source)
        } catch {
            summary = nil
        }
        let isPowerLost = source.isPowerLost
        flash = source.takeFlash()
        guard !isPowerLost else { throw .powerLost }
        return summary
    }
}
