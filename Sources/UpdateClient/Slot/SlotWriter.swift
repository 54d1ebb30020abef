import Bootloader
import Flash

/// Puts blocks of an image into the secondary slot as they arrive, each at the offset it belongs to, in any order.
///
/// A sector is erased when its first block comes. Whether that was done survives in the journal: a sector with a mark
/// in it was erased for this download, and the unmarked rest of it is used again only if it is blank. A sector without
/// a mark is erased again, whatever it reads like.
struct SlotWriter: ~Copyable {
    let slot: FlashArea
    let geometry: FlashGeometry
    /// The largest image the slot takes, in bytes.
    let maximumImageBytes: UInt32
    /// Sectors erased since the machine started.
    private(set) var sectorsErased: UInt32 = 0
    /// Sectors of the flash, counted from the slot's first, that may be programmed where they are blank.
    private var readySectors: BitSet
    /// Those of them that were found so at the start of this run: what reads blank in them may be an interrupted write.
    private var foundSectors: BitSet
    private let firstSector: Int

    /// How often bytes are read before they are believed, where a power cut may have left bits that read differently
    /// from read to read: one such bit escapes eight reads before programming and eight after it once in 65 536 times.
    static let doubtfulReads = 8

    /// Takes memory for the account of sectors.
    init(slot: FlashArea, geometry: FlashGeometry, maximumImageBytes: UInt32) {
        self.slot = slot
        self.geometry = geometry
        self.maximumImageBytes = maximumImageBytes
        self.firstSector = geometry.sectorIndex(containing: slot.offset) ?? 0
        let last = slot.sizeBytes > 0 ? geometry.sectorIndex(containing: slot.offset + slot.sizeBytes - 1) : nil
        self.readySectors = BitSet(count: (last ?? 0) - firstSector + 1)
        self.foundSectors = BitSet(count: (last ?? 0) - firstSector + 1)
    }

    /// Bytes of memory for the accounts.
    var memoryBytes: Int { readySectors.byteCount + foundSectors.byteCount }

    /// Starts over: no sector is known to be erased.
    mutating func reset() {
        readySectors.removeAll()
        foundSectors.removeAll()
    }

    /// Takes over what the journal says is in flash, and drops from it the sectors that were left torn.
    mutating func resume<Flash: NORFlash & ~Copyable>(
        from journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(StoreError) {
        guard journal.current != nil else { return }
        var offset: UInt32 = 0
        while offset < maximumImageBytes {
            guard let sector = imageRange(ofSectorAt: offset) else { throw .flash(.outOfRange(address: slot.offset)) }
            if journal.hasMarks(inBytes: sector) {
                if try isUsable(sector, journal, flash: &flash) {
                    setReady(sector.lowerBound)
                    setFound(sector.lowerBound)
                } else {
                    journal.unmark(bytes: sector)
                }
            }
            offset = sector.upperBound
        }
        do { try journal.settle(&flash) } catch { throw .flash(error) }
    }

    /// Puts one block into flash at its place in the image, and marks what became complete by it. It is a whole block
    /// unless it is the last one.
    ///
    /// - Parameters:
    ///   - payload: the block's bytes.
    ///   - offset: of its first byte in the image.
    ///   - isLast: whether the image ends with it.
    ///   - imageEnd: the image's size; nil: not known yet.
    ///   - account: which blocks are there, this one included.
    ///   - journal: where the marks are.
    ///   - flash: the flash.
    /// - Throws: `StoreError`.
    mutating func store<Flash: NORFlash & ~Copyable>(
        _ payload: RawSpan,
        at offset: UInt32,
        isLast: Bool,
        imageEnd: UInt32?,
        account: borrowing BlockMap,
        journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(StoreError) {
        let alignment = geometry.writeAlignmentBytes
        guard let length = UInt32(exactly: payload.byteCount), length <= maximumImageBytes,
            offset <= maximumImageBytes - length
        else { throw .imageTooLarge }
        guard offset % alignment == 0, isLast || length % alignment == 0 else { throw .blockBelowWriteAlignment }
        // Pieces end where sectors and units end, so each has one erase and one mark to look at.
        var start = offset
        while start < offset + length {
            guard let sector = imageRange(ofSectorAt: start) else { throw .flash(.outOfRange(address: slot.offset)) }
            if !isReady(start) {
                try erase(sector, flash: &flash)
            }
            let unitEnd = journal.current?.layout.unitEnd(after: start) ?? UInt32.max
            let stop = min(offset + length, sector.upperBound, unitEnd)
            let piece = payload.extracting(Int(start - offset)..<Int(stop - offset))
            try storePiece(
                piece,
                at: start,
                isMarked: journal.isMarked(bytes: start..<stop),
                reads: isFound(start) ? Self.doubtfulReads : 1,
                flash: &flash
            )
            start = stop
        }
        let written = offset..<offset + length
        try markComplete(written, imageEnd: imageEnd, account: account, journal: &journal, flash: &flash)
    }

    /// Gives up the sectors of these image bytes: they are erased before they are used again.
    mutating func discard<Flash: NORFlash & ~Copyable>(
        _ range: Range<UInt32>,
        journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(StoreError) {
        var start = range.lowerBound
        while start < range.upperBound {
            guard let sector = imageRange(ofSectorAt: start) else { throw .flash(.outOfRange(address: slot.offset)) }
            if let index = readyIndex(ofSectorAt: sector.lowerBound) {
                readySectors.remove(index)
                foundSectors.remove(index)
            }
            journal.unmark(bytes: sector)
            start = sector.upperBound
        }
        do { try journal.rewrite(&flash) } catch { throw .flash(error) }
    }

    /// Marks the units that are in flash as a whole now that these bytes are.
    private func markComplete<Flash: NORFlash & ~Copyable>(
        _ range: Range<UInt32>,
        imageEnd: UInt32?,
        account: borrowing BlockMap,
        journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(StoreError) {
        guard let layout = journal.current?.layout, !range.isEmpty else { return }
        var unit = range.lowerBound >> UInt32(layout.unitExponent)
        let last = (range.upperBound - 1) >> UInt32(layout.unitExponent)
        while unit <= last {
            let start = unit << UInt32(layout.unitExponent)
            // Without a known end, the last unit waits for the block that has it.
            let stop = min(layout.unitEnd(after: start), imageEnd ?? UInt32.max)
            if start < stop, account.isReceived(bytes: start..<stop) {
                do { try journal.mark(unit, flash: &flash) } catch { throw .flash(error) }
            }
            unit += 1
        }
    }

    private func readyIndex(ofSectorAt offset: UInt32) -> Int? {
        geometry.sectorIndex(containing: slot.offset + offset).map { $0 - firstSector }
    }

    private func isReady(_ offset: UInt32) -> Bool {
        readyIndex(ofSectorAt: offset).map { readySectors.contains($0) } ?? false
    }

    private mutating func setReady(_ offset: UInt32) {
        if let index = readyIndex(ofSectorAt: offset) { readySectors.insert(index) }
    }

    private func isFound(_ offset: UInt32) -> Bool {
        readyIndex(ofSectorAt: offset).map { foundSectors.contains($0) } ?? false
    }

    private mutating func setFound(_ offset: UInt32) {
        if let index = readyIndex(ofSectorAt: offset) { foundSectors.insert(index) }
    }

    private mutating func erase<Flash: NORFlash & ~Copyable>(
        _ sector: Range<UInt32>,
        flash: inout Flash
    ) throws(StoreError) {
        do { try flash.erase(sectorAt: slot.offset + sector.lowerBound) } catch { throw .flash(error) }
        sectorsErased += 1
        setReady(sector.lowerBound)
    }
}
