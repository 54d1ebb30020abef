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
    /// Where the image ends, once known.
    private(set) var imageEnd: UInt32?
    /// Bytes in a block are `1 << blockExponent`.
    private(set) var blockExponent: UInt32 = 10
    /// Sectors erased since the machine started.
    private(set) var sectorsErased: UInt32 = 0
    /// Blocks that are in flash.
    private var blocks: BitSet
    /// Sectors of the flash, counted from the slot's first, that may be programmed where they are blank.
    private var readySectors: BitSet
    /// Those of them that were found so at the start of this run: what reads blank in them may be an interrupted write.
    private var foundSectors: BitSet
    private let firstSector: Int

    /// How often bytes are read before they are believed, where a power cut may have left bits that read differently from
    /// read to read: one such bit escapes eight reads before programming and eight after it once in 65 536 times.
    static let doubtfulReads = 8

    /// Takes memory for the accounts of so many blocks.
    init(slot: FlashArea, geometry: FlashGeometry, maximumImageBytes: UInt32, maximumBlocks: Int) {
        self.slot = slot
        self.geometry = geometry
        self.maximumImageBytes = maximumImageBytes
        self.blocks = BitSet(count: maximumBlocks)
        self.firstSector = geometry.sectorIndex(containing: slot.offset) ?? 0
        let last = slot.sizeBytes > 0 ? geometry.sectorIndex(containing: slot.offset + slot.sizeBytes - 1) : nil
        self.readySectors = BitSet(count: (last ?? 0) - firstSector + 1)
        self.foundSectors = BitSet(count: (last ?? 0) - firstSector + 1)
    }

    /// Bytes of memory for the accounts.
    var memoryBytes: Int { blocks.byteCount + readySectors.byteCount + foundSectors.byteCount }

    /// Blocks that are in flash.
    var blocksStored: Int { blocks.population }

    /// Starts over: no block is known to be in flash, no sector is known to be erased.
    mutating func reset(blockExponent: UInt32, imageEnd: UInt32?) {
        blocks.removeAll()
        readySectors.removeAll()
        foundSectors.removeAll()
        self.blockExponent = blockExponent
        self.imageEnd = imageEnd
    }

    /// Takes over what the journal says is in flash, and drops from it the sectors that were left torn.
    mutating func resume<Flash: NORFlash & ~Copyable>(
        from journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(StoreError) {
        guard let current = journal.current else { return }
        var needsRewrite = false
        var offset: UInt32 = 0
        while offset < maximumImageBytes {
            guard let sector = imageRange(ofSectorAt: offset) else { throw .flash(.outOfRange(address: slot.offset)) }
            if journal.hasMarks(inBytes: sector) {
                if try isUsable(sector, journal, flash: &flash) {
                    setReady(sector.lowerBound)
                    setFound(sector.lowerBound)
                } else {
                    journal.unmark(bytes: sector)
                    needsRewrite = true
                }
            }
            offset = sector.upperBound
        }
        do throws(FlashError) {
            if needsRewrite { try journal.rewrite(&flash) } else { try journal.settle(&flash) }
        } catch {
            throw .flash(error)
        }
        let end = min(current.identity.sizeBytes, maximumImageBytes)
        let blockBytes: UInt32 = 1 << blockExponent
        var start: UInt32 = 0
        while start < end {
            let stop = start + min(blockBytes, end - start)
            if journal.isMarked(bytes: start..<stop) { blocks.insert(Int(start >> blockExponent)) }
            start = stop
        }
    }

    /// Whether a block is in flash.
    func contains(block: UInt32) -> Bool { blocks.contains(Int(block)) }

    /// Goes over to a smaller block size: what is in flash stays.
    mutating func shrinkBlocks(to exponent: UInt32) throws(StoreError) {
        guard exponent < blockExponent else { return }
        let factor = 1 << Int(blockExponent - exponent)
        let end = Int(imageEnd ?? maximumImageBytes)
        let count = (end + (1 << Int(exponent)) - 1) >> Int(exponent)
        var highest = min(blocks.count, (end + (1 << Int(blockExponent)) - 1) >> Int(blockExponent)) - 1
        while highest >= 0, !blocks.contains(highest) { highest -= 1 }
        guard highest < 0 || min((highest + 1) * factor, count) <= blocks.count else { throw .tooManyBlocks }
        // Downwards, so that no bit is overwritten before it was spread.
        while highest >= 0 {
            let isSet = blocks.contains(highest)
            for index in highest * factor..<(highest + 1) * factor {
                if isSet, index < count { blocks.insert(index) } else { blocks.remove(index) }
            }
            highest -= 1
        }
        blockExponent = exponent
    }

    /// Puts one block into flash at its place in the image, and marks what became complete by it. It is a whole block unless
    /// it is the last one.
    mutating func store<Flash: NORFlash & ~Copyable>(
        _ payload: RawSpan,
        at offset: UInt32,
        isLast: Bool,
        journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(StoreError) {
        let alignment = geometry.writeAlignmentBytes
        guard let length = UInt32(exactly: payload.byteCount), length <= maximumImageBytes,
            offset <= maximumImageBytes - length
        else { throw .imageTooLarge }
        guard offset % alignment == 0, isLast || length % alignment == 0 else { throw .blockBelowWriteAlignment }
        let block = Int(offset >> blockExponent)
        guard block < blocks.count else { throw .tooManyBlocks }
        guard !blocks.contains(block) else { return }
        if isLast { imageEnd = offset + length }
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
        blocks.insert(block)
        try markComplete(offset..<offset + length, journal: &journal, flash: &flash)
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
    private mutating func markComplete<Flash: NORFlash & ~Copyable>(
        _ range: Range<UInt32>,
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
            if isStored(start..<stop) {
                do { try journal.mark(unit, flash: &flash) } catch { throw .flash(error) }
            }
            unit += 1
        }
    }

    /// Whether every block of a range of the image is in flash.
    private func isStored(_ range: Range<UInt32>) -> Bool {
        guard !range.isEmpty else { return false }
        var block = range.lowerBound >> blockExponent
        let last = (range.upperBound - 1) >> blockExponent
        while block <= last {
            guard blocks.contains(Int(block)) else { return false }
            block += 1
        }
        return true
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
