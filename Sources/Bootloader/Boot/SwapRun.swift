import FirmwareImage
import Flash

/// Swaps the slots' images by moving: every sector of the primary's image goes up by one, then sector by sector the
/// secondary's comes down and the primary's goes over (MCUboot `swap_move.c`).
///
/// Why move and not offset, which MCUboot prefers: an image is downloaded to the start of the secondary slot, as every
/// tool and factory image has it, while swap using offset wants it one sector up. The price is one more erase of each
/// sector of the primary's image per swap.
///
/// Erases per swap of `n` sectors: 2n − 1 to 2n of the primary, n of the secondary, and each trailer sector once; each
/// sector of the secondary once more for the download.
struct SwapRun {
    let writer: TrailerWriter
    let imageSectors: UInt32

    init(map: FlashMap, swapSizeBytes: UInt32) {
        writer = TrailerWriter(map: map)
        imageSectors = (swapSizeBytes + map.slotSectorSizeBytes - 1) / map.slotSectorSizeBytes
    }

    var map: FlashMap { writer.map }

    /// Does what is left of the swap and records that it is done. The primary's trailer is whole; its witness is
    /// written before the request is erased, so that one of them tells of the swap at every moment.
    ///
    /// Loops: at most three times the number of sectors.
    func finish<Flash: NORFlash & ~Copyable>(
        from progress: SwapProgress,
        flash: inout Flash
    ) throws(FlashError) {
        if progress == .moved(sectors: 0) {
            try writer.witnessMagic(.primary, flash: &flash)
            try writer.erase(.secondary, flash: &flash)
        }
        var next: SwapProgress? = progress
        while let step = step(after: next) {
            try flash.erase(sectorAt: step.destination)
            try flash.copy(from: step.source, to: step.destination, byteCount: map.slotSectorSizeBytes)
            try writer.writeStatus(record: step.record, value: step.recordValue, flash: &flash)
            next = next?.next(imageSectors: imageSectors)
        }
        try writer.writeCopyDone(flash: &flash)
    }

    /// What is to be done next; `nil`: every sector is where it belongs.
    func step(after progress: SwapProgress?) -> SwapStep? {
        let half: UInt32
        switch progress {
        case nil:
            return nil
        case .moved(let sectors) where sectors < imageSectors:
            let sector = imageSectors - 1 - sectors
            return SwapStep(
                source: address(.primary, sector),
                destination: address(.primary, sector + 1),
                record: sectors,
                recordValue: 1
            )
        case .moved:
            half = 0
        case .swapped(let halves):
            half = halves
        }
        guard half < 2 * imageSectors else { return nil }
        let sector = half / 2
        let isDown = half % 2 == 0
        return SwapStep(
            source: isDown ? address(.secondary, sector) : address(.primary, sector + 1),
            destination: isDown ? address(.primary, sector) : address(.secondary, sector),
            record: map.trailer.sectorCapacity + half,
            recordValue: isDown ? 1 : 2
        )
    }

    private func address(_ slot: Slot, _ sector: UInt32) -> UInt32 {
        map.area(of: slot).offset + sector * map.slotSectorSizeBytes
    }
}

/// One sector of a swap: erased, copied, recorded.
struct SwapStep {
    /// The address of the sector that is copied.
    let source: UInt32
    /// The address of the sector that it goes to.
    let destination: UInt32
    /// The status record that says it is done.
    let record: UInt32
    let recordValue: UInt8
}
