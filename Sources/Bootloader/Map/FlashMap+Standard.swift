extension FlashMap {
    /// The map that is used unless one is given: a trust area for any record, which is two sectors unless they are very
    /// small, four sectors of journal, and the longest run of equal sectors of the rest in two equal slots. A power of two
    /// is nowhere needed.
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
        guard let journalEnd = geometry.sector(at: trustSectors + Self.minimumJournalSectors)?.address
        else { throw .tooFewSectors(.journal, minimum: Self.minimumJournalSectors) }

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
            journal: FlashArea(offset: trustEnd, sizeBytes: journalEnd - trustEnd),
            primary: slots,
            secondary: FlashArea(offset: slots.offset + slots.sizeBytes, sizeBytes: slots.sizeBytes)
        )
    }
}
