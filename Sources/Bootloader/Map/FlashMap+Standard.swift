import Flash

extension FlashMap {
    /// The map that is used unless one is given: a trust area for any record, which is two sectors unless they are very
    /// small, a journal that marks every sector of a slot, and the longest run of equal sectors of the rest in two
    /// equal slots. A power of two is nowhere needed.
    ///
    /// - Throws: `tooFewSectors` or `slotTooSmall` if the flash is too small for it.
    public init(standardFor geometry: FlashGeometry) throws(FlashMapError) {
        let half = TrustStore.halfSizeBytes(writeAlignmentBytes: geometry.writeAlignmentBytes)
        let firstSectorSizeBytes = geometry.run(at: 0)?.sizeBytes ?? half
        let trustSectors =
            Self.minimumTrustSectors * ((half + firstSectorSizeBytes - 1) / firstSectorSizeBytes)
        guard let trustEnd = geometry.sector(at: trustSectors)?.address else {
            throw .tooFewSectors(.trust, minimum: trustSectors)
        }
        guard let journal = Self.standardJournal(geometry, at: trustEnd) else {
            throw .tooFewSectors(.journal, minimum: Self.minimumJournalSectors)
        }
        let journalEnd = journal.offset + journal.sizeBytes

        var slots = FlashArea(offset: journalEnd, sizeBytes: 0)
        var runOffset: UInt32 = 0
        for index in 0..<geometry.runCount {
            guard let run = geometry.run(at: index) else { break }
            let runEnd = runOffset + run.count * run.sizeBytes
            if runEnd > journalEnd {
                let offset = max(runOffset, journalEnd)
                let slotSizeBytes = (runEnd - offset) / run.sizeBytes / 2 * run.sizeBytes
                if slotSizeBytes > slots.sizeBytes {
                    slots = FlashArea(offset: offset, sizeBytes: slotSizeBytes)
                }
            }
            runOffset = runEnd
        }
        guard slots.sizeBytes > 0 else { throw .slotTooSmall }
        try self.init(
            geometry: geometry,
            trust: FlashArea(offset: 0, sizeBytes: trustEnd),
            journal: journal,
            primary: slots,
            secondary: FlashArea(offset: slots.offset + slots.sizeBytes, sizeBytes: slots.sizeBytes)
        )
    }

    /// The fewest sectors of which each half has a write unit for every sector that a slot may have, and for what a
    /// journal needs beside: four at least, and an eighth of the flash at most, so that the journal of a part whose
    /// sectors are hardly larger than its write units leaves room for the slots. Nil: the flash ends before.
    private static func standardJournal(_ geometry: FlashGeometry, at offset: UInt32) -> FlashArea? {
        guard let first = geometry.sector(containing: offset) else { return nil }
        var count = minimumJournalSectors
        while true {
            // What comes after it has to begin with a sector.
            guard let end = geometry.sector(at: first.index + count)?.address else { return nil }
            let area = FlashArea(offset: offset, sizeBytes: end - offset)
            let slotSectors = (geometry.sectorCount - first.index - count) / 2
            let neededBytes = journalOverheadBytes + (slotSectors + journalOverheadUnits) * geometry.writeAlignmentBytes
            guard let middle = geometry.middle(of: area), min(middle - offset, end - middle) < neededBytes,
                count + 2 <= geometry.sectorCount / 8
            else { return area }
            count += 2
        }
    }

    /// What a bank of the journal needs beside its marks of progress: a header and some marks of state.
    private static let journalOverheadBytes: UInt32 = 64
    private static let journalOverheadUnits: UInt32 = 8
}
