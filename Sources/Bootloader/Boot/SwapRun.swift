import FirmwareImage
import Flash

/// Swaps the slots' images by moving: every sector of the primary's image goes up by one, then sector by sector the
/// secondary's comes down and the primary's goes over; see `SwapSteps`.
///
/// Why move and not offset, which MCUboot prefers: an image is downloaded to the start of the secondary slot, as every
/// tool and factory image has it, while swap using offset wants it one sector up. The price is one more erase of each
/// sector of the primary's image per swap.
///
/// Erases per swap of `n` sectors: 2n of the primary, n of the secondary, and each trailer sector once; each sector of
/// the secondary once more for the download.
struct SwapRun {
    let writer: TrailerWriter
    let record: SwapRecord
    let steps: SwapSteps

    init(_ record: SwapRecord, map: FlashMap) {
        writer = TrailerWriter(map: map)
        self.record = record
        steps = SwapSteps(record, map)
    }

    private var map: FlashMap { writer.map }

    /// Does what is left of the swap, which the primary's trailer records for sure, and records that it is done. Before
    /// a step begins, it is sure that the one before is done; and before a step is done again, that it is not taken for
    /// done meanwhile.
    ///
    /// Loops: at most three times the number of sectors.
    ///
    /// - Parameters:
    ///   - start: steps that are done.
    ///   - isResumed: whether an earlier boot may have begun to record a step.
    ///   - flash: the flash.
    /// - Returns: `false` if an earlier boot had begun to record that it is done.
    /// - Throws: what erasing, programming and reading throw.
    func finish<Flash: NORFlash & ~Copyable>(
        from start: UInt32,
        isResumed: Bool,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        let log = SwapLog(map: map)
        // What is left of the request must be gone when there is progress to be told.
        if start == 0 { try writer.erase(.secondary, flash: &flash) }
        if isResumed {
            if start < steps.count {
                // The record that was found may not be found again, and the next one may have been begun.
                try log.append(resumedBehind: start, flash: &flash)
            } else {
                // A boot that found copy_done written, which may not be found again, may have begun to go back.
                try writer.erase(.secondary, flash: &flash)
            }
        }
        var stepsDone = start
        while stepsDone < steps.count {
            let step = steps.step(after: stepsDone, map.trailer)
            try flash.replaceSector(
                at: address(step.destination),
                by: address(step.source),
                byteCount: map.slotSectorSizeBytes
            )
            stepsDone += 1
            try writer.writeStatus(record: step.record, value: step.recordValue, flash: &flash)
            if isResumed, stepsDone == start + 1 { try log.append(stepsDone: stepsDone, flash: &flash) }
        }
        return try writer.writeCopyDone(flash: &flash)
    }

    private func address(_ place: (slot: Slot, sector: UInt32)) -> UInt32 {
        map.area(of: place.slot).offset + place.sector * map.slotSectorSizeBytes
    }
}
