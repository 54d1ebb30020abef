import FirmwareImage

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
    let map: FlashMap
    let writer: TrailerWriter
    let imageSectors: UInt32

    init(map: FlashMap, swapSizeBytes: UInt32) {
        self.map = map
        writer = TrailerWriter(map: map)
        imageSectors = (swapSizeBytes + map.slotSectorSizeBytes - 1) / map.slotSectorSizeBytes
    }

    /// Does what is left of the swap and records that it is done. The primary's trailer is whole; its witness is written
    /// before the request is erased, so that one of them tells of the swap at every moment.
    ///
    /// Loops: at most three times the number of sectors.
    func finish<Flash: NORFlash & ~Copyable>(
        from progress: SwapProgress,
        flash: inout Flash
    ) throws(FlashError) {
        var halvesDone: UInt32 = 0
        switch progress {
        case .moved(let sectorsDone):
            if sectorsDone == 0 {
                try writer.witness(.whole, .primary, flash: &flash)
                try writer.erase(.secondary, flash: &flash)
            }
            for record in sectorsDone..<imageSectors {
                let sector = imageSectors - 1 - record
                try replace(.primary, sector + 1, with: .primary, sector, flash: &flash)
                try writer.writeStatus(record: record, value: 1, flash: &flash)
            }
        case .swapped(let halves):
            halvesDone = halves
        }
        for half in halvesDone..<2 * imageSectors {
            let sector = half / 2
            if half % 2 == 0 {
                try replace(.primary, sector, with: .secondary, sector, flash: &flash)
            } else {
                try replace(.secondary, sector, with: .primary, sector + 1, flash: &flash)
            }
            try writer.writeStatus(
                record: map.trailer.sectorCapacity + half,
                value: UInt8(half % 2) + 1,
                flash: &flash
            )
        }
        try writer.writeCopyDone(flash: &flash)
    }

    private func replace<Flash: NORFlash & ~Copyable>(
        _ slot: Slot,
        _ sector: UInt32,
        with sourceSlot: Slot,
        _ sourceSector: UInt32,
        flash: inout Flash
    ) throws(FlashError) {
        let destination = map.area(of: slot).offset + sector * map.slotSectorSizeBytes
        let source = map.area(of: sourceSlot).offset + sourceSector * map.slotSectorSizeBytes
        try flash.erase(sectorAt: destination)
        try flash.copy(from: source, to: destination, byteCount: map.slotSectorSizeBytes)
    }
}
