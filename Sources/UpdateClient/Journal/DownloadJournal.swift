import Bootloader

/// What of a download is in flash already, kept in the flash map's journal area so that it survives any power cut.
///
/// The area is split at a sector boundary into two banks. The bank whose header is whole and has the greater sequence
/// number holds; the other one is free. A new download, or a list of marks that has to lose some, is written into the
/// free bank, header last, so that a cut leaves either the old state or the new one. Byte map of a bank:
/// `JournalLayout`; of its header: `JournalHeader`.
///
/// The rule that makes progress true: a mark is programmed only after the bytes it stands for were programmed and read
/// back. A torn mark counts as none, and costs one unit at the next start.
///
/// Wear: one erase of one bank per download, plus one per start that finds torn work.
struct DownloadJournal: ~Copyable {
    /// The two banks.
    let banks: (FlashArea, FlashArea)
    let geometry: FlashGeometry
    /// The largest image the secondary slot takes, in bytes.
    let maximumImageBytes: UInt32
    /// The current download; nil if the journal holds none.
    private(set) var current: Current?
    /// Units in flash.
    private(set) var marks: BitSet
    /// Some mark was torn: this bank cannot record its unit any more.
    private(set) var hasTornMarks = false
    /// Greatest sequence number of a whole header in either bank.
    private var newestSequence: UInt32 = 0
    /// The bank that holds, 0 or 1.
    private var newestBank = 1

    struct Current: Equatable {
        var identity: JournalIdentity
        var layout: JournalLayout
        /// Every block was in flash and the image verified; from here on the marks say nothing, as a swap may have
        /// moved other bytes into the slot.
        var isSealed: Bool
        /// The bootloader was told to try the image.
        var isInstalled: Bool
    }

    /// An area without two sectors, or without room for some marks in each half, keeps nothing: `begin` then throws.
    init(area: FlashArea, geometry: FlashGeometry, maximumImageBytes: UInt32) {
        self.geometry = geometry
        self.maximumImageBytes = maximumImageBytes
        let nothing = FlashArea(offset: area.offset, sizeBytes: 0)
        self.banks = Self.split(area, geometry: geometry) ?? (nothing, nothing)
        let alignment = max(geometry.writeAlignmentBytes, 1)
        let bankMarks = min(banks.0.sizeBytes, banks.1.sizeBytes) / alignment
        let smallestUnit = max(16, alignment)
        self.marks = BitSet(count: Int(min(bankMarks, maximumImageBytes / smallestUnit + 1)))
    }

    /// Whether blocks of this download may be taken over by another run: only if the ETag says what they are blocks of,
    /// and if the image's header is there.
    var isResumable: Bool {
        guard let current, !current.isSealed, current.identity.etag != nil, current.identity.isSizeExact else {
            return false
        }
        let headerBytes = min(32, current.identity.sizeBytes)
        return isMarked(bytes: 0..<headerBytes)
    }

    /// Bytes in one bank.
    var bankBytes: UInt32 { min(banks.0.sizeBytes, banks.1.sizeBytes) }

    /// Bytes of memory for the marks.
    var memoryBytes: Int { marks.byteCount }

    /// Whether a unit of the image is in flash.
    func isMarked(_ unit: UInt32) -> Bool { marks.contains(Int(unit)) }

    /// Whether every byte of a range of the image is in flash.
    func isMarked(bytes range: Range<UInt32>) -> Bool {
        guard let layout = current?.layout, !range.isEmpty else { return false }
        let first = range.lowerBound >> UInt32(layout.unitExponent)
        let last = (range.upperBound - 1) >> UInt32(layout.unitExponent)
        guard last < layout.unitCount else { return false }
        for unit in first...last where !isMarked(unit) { return false }
        return true
    }

    /// Whether some byte of a range of the image is in flash.
    func hasMarks(inBytes range: Range<UInt32>) -> Bool {
        guard let layout = current?.layout, !range.isEmpty else { return false }
        let first = range.lowerBound >> UInt32(layout.unitExponent)
        let last = min((range.upperBound - 1) >> UInt32(layout.unitExponent), layout.unitCount &- 1)
        guard first <= last, layout.unitCount > 0 else { return false }
        for unit in first...last where isMarked(unit) { return true }
        return false
    }

    /// Reads what the flash says.
    ///
    /// - Throws: what the flash throws.
    mutating func open<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        current = nil
        marks.removeAll()
        hasTornMarks = false
        newestSequence = 0
        newestBank = 1
        guard bankBytes >= JournalHeader.byteCount else { return }
        var newest: JournalHeader?
        for index in 0..<2 {
            guard let header = try readHeader(bank: index, &flash) else { continue }
            if newest == nil || header.sequence > newestSequence {
                newest = header
                newestSequence = header.sequence
                newestBank = index
            }
        }
        guard let header = newest,
            header.identity.sizeBytes <= maximumImageBytes,
            let layout = JournalLayout(
                bankBytes: bankBytes,
                alignmentBytes: geometry.writeAlignmentBytes,
                imageBytes: header.identity.isSizeExact ? header.identity.sizeBytes : maximumImageBytes,
                unitExponent: header.unitExponent
            ), layout.unitCount <= UInt32(marks.count)
        else { return }
        // A torn state mark counts: what it says was true before it was begun.
        let bank = bank(newestBank)
        if try readMark(at: bank.offset + layout.offset(of: .dropped), &flash) != .blank { return }
        current = Current(
            identity: header.identity,
            layout: layout,
            isSealed: try readMark(at: bank.offset + layout.offset(of: .sealed), &flash) != .blank,
            isInstalled: try readMark(at: bank.offset + layout.offset(of: .installed), &flash) != .blank
        )
        for unit in 0..<layout.unitCount {
            switch try readMark(at: bank.offset + layout.offset(ofUnit: unit), &flash) {
            case .whole: marks.insert(Int(unit))
            case .torn: hasTornMarks = true
            case .blank: break
            }
        }
    }

    /// Begins a new download without any progress; the one before is forgotten.
    ///
    /// - Throws: `.areaTooSmall` if the image's marks cannot fit; `.flash`.
    mutating func begin<Flash: NORFlash & ~Copyable>(
        _ identity: JournalIdentity,
        flash: inout Flash
    ) throws(JournalError) {
        let blockBytes = max(UInt32(16) << UInt32(identity.szx), geometry.writeAlignmentBytes)
        guard
            let layout = JournalLayout(
                bankBytes: bankBytes,
                alignmentBytes: geometry.writeAlignmentBytes,
                imageBytes: identity.isSizeExact ? identity.sizeBytes : maximumImageBytes,
                blockBytes: blockBytes
            ), layout.unitCount <= UInt32(marks.count)
        else { throw .areaTooSmall }
        marks.removeAll()
        current = Current(identity: identity, layout: layout, isSealed: false, isInstalled: false)
        do { try writeBank(&flash) } catch { throw .flash(error) }
    }

    /// Records that a unit is in flash. It must be there, and read back.
    mutating func mark<Flash: NORFlash & ~Copyable>(_ unit: UInt32, flash: inout Flash) throws(FlashError) {
        guard let layout = current?.layout, unit < layout.unitCount, !isMarked(unit) else { return }
        try writeMark(at: bank(newestBank).offset + layout.offset(ofUnit: unit), &flash)
        marks.insert(Int(unit))
    }

    /// Takes units back whose bytes cannot be relied on; in memory only, `rewrite` makes it last.
    mutating func unmark(bytes range: Range<UInt32>) {
        guard let layout = current?.layout, !range.isEmpty, layout.unitCount > 0 else { return }
        let first = range.lowerBound >> UInt32(layout.unitExponent)
        let last = min((range.upperBound - 1) >> UInt32(layout.unitExponent), layout.unitCount - 1)
        guard first <= last else { return }
        for unit in first...last { marks.remove(Int(unit)) }
    }

    /// Writes the current download with the marks as they are in memory into the free bank, and makes that one hold.
    mutating func rewrite<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard current != nil else { return }
        try writeBank(&flash)
    }

    /// Records that the whole image is in flash and was verified.
    mutating func seal<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard let current, !current.isSealed else { return }
        try writeMark(at: bank(newestBank).offset + current.layout.offset(of: .sealed), &flash)
        self.current?.isSealed = true
    }

    /// Records that the bootloader was told to try the image.
    mutating func recordInstallation<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard let current, !current.isInstalled else { return }
        try writeMark(at: bank(newestBank).offset + current.layout.offset(of: .installed), &flash)
        self.current?.isInstalled = true
    }

    /// Forgets the download for good.
    mutating func drop<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard let current else { return }
        try writeMark(at: bank(newestBank).offset + current.layout.offset(of: .dropped), &flash)
        self.current = nil
        marks.removeAll()
        hasTornMarks = false
    }

    private mutating func writeBank<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard let current else { return }
        let area = bank(1 - newestBank)
        // The header's sector goes first: once it is torn or blank, nothing after it is looked at.
        var offset = area.offset
        while offset < area.offset + area.sizeBytes {
            guard let sector = geometry.sectorRange(containing: offset) else {
                throw .outOfRange(address: banks.0.offset)
            }
            try flash.erase(sectorAt: sector.lowerBound)
            offset = sector.upperBound
        }
        for unit in 0..<current.layout.unitCount where isMarked(unit) {
            try writeMark(at: area.offset + current.layout.offset(ofUnit: unit), &flash)
        }
        if current.isSealed { try writeMark(at: area.offset + current.layout.offset(of: .sealed), &flash) }
        if current.isInstalled { try writeMark(at: area.offset + current.layout.offset(of: .installed), &flash) }
        let header = JournalHeader(
            sequence: newestSequence &+ 1,
            identity: current.identity,
            unitExponent: current.layout.unitExponent
        )
        try writeHeader(header, at: area.offset, &flash)
        newestSequence = header.sequence
        newestBank = 1 - newestBank
        hasTornMarks = false
    }
}
