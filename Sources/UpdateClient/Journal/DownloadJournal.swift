import Bootloader
import Flash

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
/// What a cut left in doubt may read otherwise at the next start, so nothing is built on it:
/// - A bank holds only with its `begun` mark, which is written when the header is; and the bank before is dropped then.
///   A run that goes on with a bank that it found writes a second `begun` mark, and then the state anew into the other
///   bank, before anything else.
/// - That a bank was dropped, and found so, is made sure of by erasing both before a request is.
/// - A seal that was found, not written in this run, is written anew before the bootloader is told.
/// - A mark that cannot be written, because something is there that read blank, is written in the other bank.
///
/// A refused download leaves its identity and the reason, in a bank without units that is written as any other. A cut
/// before it holds leaves the download whole, which the next start then verifies and refuses once more.
///
/// Wear: one erase of one bank per download, plus one per start that goes on with one, one per refusal, and one each
/// time that the path turns out to need smaller blocks.
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
    /// The bank that does not hold has a whole header and was not dropped.
    private var isOtherBankOpen = false
    /// The bank that holds, or held last, was dropped.
    private var isNewestDropped = false
    /// The seal was found in flash.
    private var isSealFound = false
    /// The mark that the newest bank was dropped was found in flash.
    private var isDropFound = false
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
        /// The download was refused, and nothing of it is kept; nil: it was not.
        var refusal: JournalRefusal?
        /// Downloads of this representation that were refused.
        var refusals: Refusals
        /// `JournalHeader.tried`.
        var tried: UInt64
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
        guard let current, !current.isSealed, current.refusal == nil, current.identity.etag != nil,
            current.identity.isSizeExact
        else { return false }
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
        isOtherBankOpen = false
        isSealFound = false
        isNewestDropped = false
        isDropFound = false
        newestSequence = 0
        newestBank = 1
        guard bankBytes >= JournalLayout.headerBytes(geometry.writeAlignmentBytes) + geometry.writeAlignmentBytes else {
            return
        }
        var newest: JournalHeader?
        for index in 0..<2 {
            guard let header = try readHeader(bank: index, &flash) else { continue }
            let isBegun = try isWritten(.begun, bank: index, &flash)
            let isBegunAgain = try isWritten(.begunAgain, bank: index, &flash)
            guard isBegun || isBegunAgain else { continue }
            // Whichever is the other one in the end.
            let isOpen = try !isWritten(.dropped, bank: index, &flash)
            if newest == nil || header.sequence > newestSequence {
                isOtherBankOpen = newest != nil && !isNewestDropped
                newest = header
                newestSequence = header.sequence
                newestBank = index
                isNewestDropped = !isOpen
            } else {
                isOtherBankOpen = isOpen
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
        if isNewestDropped {
            isDropFound = true
            return
        }
        // Installed, it was sealed before.
        let isInstalled = try isWritten(.installed, bank: newestBank, &flash)
        let isMarkedSealed = try isWritten(.sealed, bank: newestBank, &flash)
        let isSealed = isInstalled || isMarkedSealed
        current = Current(
            identity: header.identity,
            layout: layout,
            isSealed: isSealed,
            isInstalled: isInstalled,
            refusal: header.refusal,
            refusals: Refusals(code: header.refusals),
            tried: header.tried
        )
        isSealFound = isSealed
        for unit in 0..<layout.unitCount {
            switch try readMark(at: bank.offset + layout.offset(ofUnit: unit), &flash) {
            case .whole: marks.insert(Int(unit))
            case .torn, .blank: break
            }
        }
    }

    /// Begins a new download without any progress; the one before is forgotten.
    ///
    /// - Parameters:
    ///   - identity: what is to be downloaded.
    ///   - refusals: downloads of the same that were refused.
    ///   - tried: `JournalHeader.tried`.
    ///   - flash: the flash.
    /// - Throws: `.areaTooSmall` if the image's marks cannot fit; `.flash`.
    mutating func begin<Flash: NORFlash & ~Copyable>(
        _ identity: JournalIdentity,
        refusals: Refusals,
        tried: UInt64,
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
        current = Current(
            identity: identity,
            layout: layout,
            isSealed: false,
            isInstalled: false,
            refusal: nil,
            refusals: refusals,
            tried: tried
        )
        isSealFound = false
        do { try writeBank(&flash) } catch { throw .flash(error) }
    }

    /// Records that a unit is in flash. It must be there, and read back.
    mutating func mark<Flash: NORFlash & ~Copyable>(_ unit: UInt32, flash: inout Flash) throws(FlashError) {
        guard let layout = current?.layout, unit < layout.unitCount, !isMarked(unit) else { return }
        marks.insert(Int(unit))
        try write(at: bank(newestBank).offset + layout.offset(ofUnit: unit), &flash)
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

    /// Makes sure of what is in memory, found or changed since: from here on it reads the same at every start. A mark
    /// that was cut short may read blank now and whole later, when other bytes are in its unit; so all go to the other
    /// bank, once this one is sure.
    mutating func settle<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard current != nil else { return }
        if try !isWritten(.begunAgain, bank: newestBank, &flash) {
            do throws(FlashError) {
                try writeMark(at: address(of: .begunAgain, bank: newestBank), &flash)
            } catch {
                // It was cut short, and reads blank at times.
                guard case .notErased = error else { throw error }
            }
        }
        try writeBank(&flash)
    }

    /// Records with which blocks the download goes on, in the other bank.
    mutating func noteBlockSize<Flash: NORFlash & ~Copyable>(_ szx: UInt8, flash: inout Flash) throws(FlashError) {
        guard current != nil else { return }
        current?.identity.szx = szx
        try writeBank(&flash)
    }

    /// Records that the whole image is in flash and was verified.
    mutating func seal<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard let current, !current.isSealed || isSealFound else { return }
        self.current?.isSealed = true
        if isSealFound {
            try writeBank(&flash)
        } else {
            try write(at: address(of: .sealed, bank: newestBank), &flash)
        }
        isSealFound = false
    }

    /// Records that the bootloader was told to try the image.
    mutating func recordInstallation<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard let current, !current.isInstalled else { return }
        self.current?.isInstalled = true
        try write(at: address(of: .installed, bank: newestBank), &flash)
    }

    /// Forgets the progress, and keeps why it came to nothing.
    ///
    /// - Parameters:
    ///   - refusal: why; nil: a reason that is not kept.
    ///   - sizeBytes: of what was downloaded; nil: not all of it was.
    ///   - isProven: whether what was refused was, byte for byte, what the ETag names.
    ///   - flash: the flash.
    /// - Throws: what the flash throws.
    mutating func refuse<Flash: NORFlash & ~Copyable>(
        _ refusal: JournalRefusal?,
        sizeBytes: UInt32?,
        isProven: Bool,
        flash: inout Flash
    ) throws(FlashError) {
        guard let refusal, var refused = current else { return try drop(&flash) }
        if let sizeBytes, !refused.identity.isSizeExact,
            let layout = JournalLayout(
                bankBytes: bankBytes,
                alignmentBytes: geometry.writeAlignmentBytes,
                imageBytes: sizeBytes,
                unitExponent: refused.layout.unitExponent
            )
        {
            refused.identity.sizeBytes = sizeBytes
            refused.identity.isSizeExact = true
            refused.layout = layout
        }
        marks.removeAll()
        refused.refusal = refusal
        refused.refusals.add(isProven: isProven)
        refused.tried = 0
        current = refused
        try writeBank(&flash)
    }

    /// Records that the refused image was offered once more, and not downloaded: a mark of the first unit that has
    /// none.
    mutating func noteOffer<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        guard let current, current.refusal != nil else { return }
        try mark(UInt32(marks.population), flash: &flash)
    }

    /// Whether the refused image is to be judged by a new download: only what is proven is refused for good. All else
    /// backs off: after the second refusal one offer is passed over, then three, then seven each time.
    var isRefusalOver: Bool {
        guard let current, current.refusal != nil, !current.refusals.isProven else { return false }
        return marks.population >= min(current.refusals.offersPassedOver, Int(current.layout.unitCount))
    }

    /// Downloads of this representation that were refused: the same ETag, or, where it is not shown that ETags are made
    /// of the bytes, the same version and size under any.
    func refusals(of identity: JournalIdentity) -> Refusals {
        guard let current, isSame(identity, as: current) else { return Refusals(code: 0) }
        return current.refusals
    }

    private func isSame(_ offered: JournalIdentity, as current: Current) -> Bool {
        let known = current.identity
        guard offered.productID == known.productID else { return false }
        if let etag = offered.etag, etag == known.etag { return true }
        return !current.refusals.isProven && offered.version == known.version && offered.sizeBytes == known.sizeBytes
    }

    /// Whether an offered image is the one that was refused.
    func isRefused(_ offered: JournalIdentity) -> Bool {
        guard let current, current.refusal != nil else { return false }
        return isSame(offered, as: current)
    }

    /// Forgets the download for good.
    mutating func drop<Flash: NORFlash & ~Copyable>(_ flash: inout Flash) throws(FlashError) {
        if isDropFound {
            // A mark that was found may not be found again.
            try flash.erase(sectorAt: bank(1 - newestBank).offset)
            try flash.erase(sectorAt: bank(newestBank).offset)
            isDropFound = false
        }
        guard current != nil else { return }
        if isOtherBankOpen { try drop(bank: 1 - newestBank, &flash) }
        try drop(bank: newestBank, &flash)
        isNewestDropped = true
        isOtherBankOpen = false
        current = nil
        marks.removeAll()
    }

    /// Writes a mark of the bank that holds, or all of it anew if that cannot be done.
    private mutating func write<Flash: NORFlash & ~Copyable>(
        at address: UInt32,
        _ flash: inout Flash
    ) throws(FlashError) {
        do throws(FlashError) {
            try writeMark(at: address, &flash)
        } catch {
            guard case .notErased = error else { throw error }
            try writeBank(&flash)
        }
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
        if current.isSealed { try writeMark(at: address(of: .sealed, bank: 1 - newestBank), &flash) }
        if current.isInstalled { try writeMark(at: address(of: .installed, bank: 1 - newestBank), &flash) }
        let header = JournalHeader(
            sequence: newestSequence &+ 1,
            identity: current.identity,
            unitExponent: current.layout.unitExponent,
            refusal: current.refusal,
            refusals: current.refusals.code,
            tried: current.tried
        )
        try writeHeader(header, at: area.offset, &flash)
        try writeMark(at: address(of: .begun, bank: 1 - newestBank), &flash)
        let previous = newestBank
        let isPreviousOpen = newestSequence > 0 && !isNewestDropped
        newestSequence = header.sequence
        newestBank = 1 - newestBank
        isNewestDropped = false
        isOtherBankOpen = false
        if isPreviousOpen { try drop(bank: previous, &flash) }
    }
}
