/// A record that a `RecordPair` keeps: its own bytes, with a checksum and a revision in them.
package protocol PairedRecord: Equatable {
    /// The size of the largest; at most 512 bytes.
    static var maximumByteCount: Int { get }
    /// The size of this one.
    var byteCount: Int { get }
    /// Holds nothing yet.
    init()
    /// Reads a copy, in place, as a record is large for a small stack.
    ///
    /// - Parameters:
    ///   - bytes: the copy and what follows it.
    ///   - revision: counts the writes.
    /// - Returns: `false` if it is no whole copy; the record then is nothing that was written.
    mutating func decode(_ bytes: RawSpan, revision: inout UInt32) -> Bool
    /// Writes a copy into `bytes`, of which ``byteCount`` are used.
    func encode(into bytes: inout MutableRawSpan, revision: UInt32)
}

/// Why a record could not be read or written.
package enum RecordPairError: Error, Equatable {
    /// Neither copy is whole.
    case nothingWritten
    /// The revision is at its end; after four thousand million writes.
    case exhausted
    /// The sectors are too small for this record, or full of marks after many power cuts in a row.
    case areaTooSmall
    case flash(FlashError)
}

/// A record in two copies, one in each half of an area's sectors, as littlefs keeps its metadata pairs (SPEC.md); each
/// with a revision, a checksum, and behind them a `CommitLog`:
///
/// ```
/// 0x3000 | r   this copy, of revision r, counts: it was sure, and the other half said so, before this was begun
/// 0x1000 | r   the other half is being written with revision r; anything else in it is void
/// 0x2000 | r   the other half has revision r, and it is sure
/// ```
/// Of r the lower 12 bits. At every moment one half, the *source*, is sure, and the other one, the *target*, may be
/// anything. A write, of revision r:
/// ```
///      source                    target
/// 1    …                         erased, r programmed            the source counts: it does not say 0x2000 | r
/// 2    … 0x2000 | r                                              the target counts
/// 3                              0x3000 | r                      the target counts, and is the source from now on
/// ```
/// and then the same with the halves changed and revision r + 1, so that both have the record. What a reader finds:
/// - One half is not whole: the other one counts, as the source always is.
/// - Both are. That of the greater revision, r, counts if it says 0x3000 | r, or if the last that the other one says of
///   it is 0x2000 | r. Otherwise the other one counts.
///
/// Why that is never the wrong one:
/// - In line 1 the source is sure. The target may read as anything that was programmed there since its last erase that
///   returned: the copy before, whose revision is less; or r, after a cut, without 0x3000 | r, which nobody has begun.
/// - After a cut in line 1 the target is written again with the next revision, and the source says so before its erase
///   begins. So a target that was torn in that erase, and reads as r and whole, is void.
/// - Once 0x2000 | r is sure, nobody sees it void, so nobody voids it any more; and only then 0x3000 | r is begun. So
///   where that is seen, the target counts and is sure, whatever the source reads.
/// - Before a half is erased, 0x3000 is made sure in the other one.
///
/// Erases per write: each sector of both halves once.
package struct RecordPair<Record: PairedRecord>: Sendable {
    private let area: FlashArea
    private let geometry: FlashGeometry

    package init(in area: FlashArea, of geometry: FlashGeometry) {
        self.area = area
        self.geometry = geometry
    }

    /// Bytes that each half should have for any record and its log.
    package static func halfSizeBytes(writeAlignmentBytes unit: UInt32) -> UInt32 {
        rounded(Record.maximumByteCount, unit) + usualLogSlots * CommitLog.slotBytes(writeAlignmentBytes: unit)
    }

    /// Room for one value as target and two as source.
    private static var leastLogSlots: UInt32 { 3 * CommitLog.slotsPerValue }
    /// Room for three values more, of which each power cut in a row takes one.
    private static var usualLogSlots: UInt32 { 6 * CommitLog.slotsPerValue }
    private static var mostLogSlots: UInt32 { 12 * CommitLog.slotsPerValue }
    /// At the end of a half, of programs that had no log.
    private static var formerMarkUnits: UInt32 { 8 }

    /// Reads the record that counts, and changes nothing. After a power cut in a write it may be the old one or the new
    /// one, and another one next time; see ``settle(_:flash:)``.
    package func read<Flash: NORFlash & ~Copyable>(
        _ record: inout Record,
        flash: inout Flash
    ) throws(RecordPairError) {
        var copy = Copy()
        guard try find(into: &copy, flash: &flash) != nil else { throw .nothingWritten }
        record = copy.record
    }

    /// Finishes or undoes what a power cut left of a write, and reads the record: from here on every reading gives it.
    /// Writes nothing if both copies have it.
    package func settle<Flash: NORFlash & ~Copyable>(
        _ record: inout Record,
        flash: inout Flash
    ) throws(RecordPairError) {
        var copy = Copy()
        guard let found = try find(into: &copy, flash: &flash) else { throw .nothingWritten }
        record = copy.record
        if !found.isSettled { try write(record, over: &copy, found, flash: &flash) }
    }

    /// Writes the record in place of the present one, if any. Nothing is written if it is the same.
    ///
    /// - Throws: `exhausted`, `areaTooSmall`, `flash`; the record before it stays, or this one is written in full.
    package func write<Flash: NORFlash & ~Copyable>(
        _ record: Record,
        flash: inout Flash
    ) throws(RecordPairError) {
        var copy = Copy()
        _ = try log(of: .first, behind: record.byteCount)
        _ = try log(of: .second, behind: record.byteCount)
        if let found = try find(into: &copy, flash: &flash) {
            if found.isSettled, copy.record == record { return }
            try write(record, over: &copy, found, flash: &flash)
        } else {
            copy.record = record
            copy.revision = 1
            try program(copy, in: .first, flash: &flash)
            try makeSure(.final, 1, in: .first, behind: record.byteCount, flash: &flash)
            try transfer(&copy, from: .first, behind: record.byteCount, isTargetAtRest: true, flash: &flash)
        }
    }
}

// MARK: State

extension RecordPair {
    private enum Half {
        case first
        case second

        var other: Half { self == .first ? .second : .first }
    }

    /// What a value of the log says; see ``RecordPair``.
    private enum Entry: UInt16 {
        case begun = 1
        case sure = 2
        case final = 3

        func value(_ revision: UInt32) -> UInt16 { rawValue << 12 | UInt16(truncatingIfNeeded: revision & 0xFFF) }
    }

    /// Not copied by accident: it is large for a device's stack.
    private struct Copy: ~Copyable {
        var record = Record()
        var revision: UInt32 = 0
    }

    private struct Found {
        /// The half that counts.
        var half: Half
        /// The other one has the same record, and need not be touched.
        var isSettled: Bool
        /// The other one reads as a copy from before this one: writing it was not begun.
        var isOtherAtRest: Bool
        /// The copy that counts does so because the other half says so, behind a record of so many bytes.
        var otherByteCount: Int?
    }

    /// Reads both halves, and puts the copy that counts into `copy`.
    @inline(never)
    private func find<Flash: NORFlash & ~Copyable>(
        into copy: inout Copy,
        flash: inout Flash
    ) throws(RecordPairError) -> Found? {
        let hasFirst = try read(.first, into: &copy, flash: &flash)
        var second = Copy()
        guard try read(.second, into: &second, flash: &flash) else {
            guard hasFirst else { return nil }
            return Found(half: .first, isSettled: false, isOtherAtRest: false)
        }
        guard hasFirst else {
            copy = second
            return Found(half: .second, isSettled: false, isOtherAtRest: false)
        }
        let isEqual = copy.record == second.record
        let newer: Half = second.revision > copy.revision ? .second : .first
        let revision = max(copy.revision, second.revision)
        let isOld = second.revision == copy.revision
        let newerCount = newer == .first ? copy.record.byteCount : second.record.byteCount
        let olderCount = newer == .first ? second.record.byteCount : copy.record.byteCount
        let byItself = try says(.final, revision, in: newer, behind: newerCount, flash: &flash)
        let byOther = try says(.sure, revision, in: newer.other, behind: olderCount, flash: &flash)
        // Equal revisions are of an earlier program, which wrote the first half last.
        let counting = isOld || byItself || byOther ? newer : newer.other
        if counting == .second { copy = second }
        let isNewer = counting == newer
        return Found(
            half: counting,
            isSettled: isEqual && (isOld || byItself),
            isOtherAtRest: isNewer,
            otherByteCount: isNewer && !byItself && byOther ? olderCount : nil
        )
    }

    /// Whether the last that a half's log says of its kind is this: *final* of itself, or *begun* and *sure* of the
    /// other half.
    private func says<Flash: NORFlash & ~Copyable>(
        _ entry: Entry,
        _ revision: UInt32,
        in half: Half,
        behind byteCount: Int,
        flash: inout Flash
    ) throws(RecordPairError) -> Bool {
        let contents = try readLog(of: half, behind: byteCount, flash: &flash)
        switch entry {
        case .final: return contents.last(ofClass: Entry.final.rawValue) == entry.value(revision)
        case .begun, .sure: return contents.last == entry.value(revision)
        }
    }

    private func readLog<Flash: NORFlash & ~Copyable>(
        of half: Half,
        behind byteCount: Int,
        flash: inout Flash
    ) throws(RecordPairError) -> CommitLog.Contents {
        let log = try log(of: half, behind: byteCount)
        do throws(FlashError) {
            return try log.read(flash: &flash)
        } catch {
            throw .flash(error)
        }
    }

    /// Reads one half; `false` if it holds no whole copy. Tried twice, as a read may be wrong.
    private func read<Flash: NORFlash & ~Copyable>(
        _ half: Half,
        into copy: inout Copy,
        flash: inout Flash
    ) throws(RecordPairError) -> Bool {
        let area = try area(of: half)
        let byteCount = min(Int(area.sizeBytes), Record.maximumByteCount)
        for _ in 0..<2 {
            var buffer = FlashBuffer(repeating: 0)
            do throws(FlashError) {
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                var window = bytes.window(0..<byteCount)
                try flash.read(at: area.offset, into: &window)
            } catch {
                guard case .io = error else { throw .flash(error) }
                // A unit behind the record may be the one that cannot be read.
                try readUnitByUnit(area.offset, byteCount, into: &buffer, flash: &flash)
            }
            if copy.record.decode(buffer.span.bytes.extracting(first: byteCount), revision: &copy.revision) {
                return true
            }
        }
        return false
    }

    private func readUnitByUnit<Flash: NORFlash & ~Copyable>(
        _ address: UInt32,
        _ byteCount: Int,
        into buffer: inout FlashBuffer,
        flash: inout Flash
    ) throws(RecordPairError) {
        let unit = Int(geometry.writeAlignmentBytes)
        for start in stride(from: 0, to: byteCount, by: unit) {
            do throws(FlashError) {
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                var window = bytes.window(start..<min(start + unit, byteCount))
                try flash.read(at: address + UInt32(start), into: &window)
            } catch {
                guard case .io = error else { throw .flash(error) }
            }
        }
    }
}

// MARK: Writing

extension RecordPair {
    /// Writes a record to both halves, or, if it is the one that counts, to the other one.
    ///
    /// - Parameters:
    ///   - record: the record.
    ///   - copy: the copy that counts; what is written on return.
    ///   - found: where it is.
    ///   - flash: the flash.
    /// - Throws: `exhausted`, `areaTooSmall`, `flash`.
    @inline(never)
    private func write<Flash: NORFlash & ~Copyable>(
        _ record: Record,
        over copy: inout Copy,
        _ found: Found,
        flash: inout Flash
    ) throws(RecordPairError) {
        guard copy.revision < .max - 0x2000 else { throw .exhausted }
        // What was seen may not be seen again. A source that says anything of its target has said this for sure.
        if let byteCount = found.otherByteCount {
            try makeSure(.sure, copy.revision, in: found.half.other, behind: byteCount, flash: &flash)
        }
        let byteCount = copy.record.byteCount
        let last = try readLog(of: found.half, behind: byteCount, flash: &flash).last
        if last.map({ $0 >> 12 == Entry.final.rawValue }) ?? true {
            try makeSure(.final, copy.revision, in: found.half, behind: byteCount, flash: &flash)
        }
        let isNew = copy.record != record
        copy.record = record
        try transfer(&copy, from: found.half, behind: byteCount, isTargetAtRest: found.isOtherAtRest, flash: &flash)
        guard isNew else { return }
        try transfer(&copy, from: found.half.other, behind: record.byteCount, isTargetAtRest: true, flash: &flash)
    }

    /// Lines 1 to 3: writes a record to the other half, which is the source from then on.
    ///
    /// - Parameters:
    ///   - copy: the record, and the source's revision; that of the target on return.
    ///   - source: the half that counts, for sure.
    ///   - byteCount: of the record there.
    ///   - isTargetAtRest: whether the other half reads as a copy from before.
    ///   - flash: the flash.
    /// - Throws: `areaTooSmall`, `flash`.
    @inline(never)
    private func transfer<Flash: NORFlash & ~Copyable>(
        _ copy: inout Copy,
        from source: Half,
        behind byteCount: Int,
        isTargetAtRest: Bool,
        flash: inout Flash
    ) throws(RecordPairError) {
        let last = try readLog(of: source, behind: byteCount, flash: &flash).last
        var revision = copy.revision + 1
        var isVoid = isTargetAtRest
        if let last, last >> 12 != Entry.final.rawValue {
            // An earlier attempt, of which it is only known that it was to have this revision.
            revision = copy.revision + (UInt32(last) &- copy.revision) & 0xFFF
            isVoid = isTargetAtRest && last >> 12 == Entry.begun.rawValue
        }
        if !isVoid {
            revision += 1
            try makeSure(.begun, revision, in: source, behind: byteCount, flash: &flash)
        }
        copy.revision = revision
        try program(copy, in: source.other, flash: &flash)
        try makeSure(.sure, revision, in: source, behind: byteCount, flash: &flash)
        try makeSure(.final, revision, in: source.other, behind: copy.record.byteCount, flash: &flash)
    }

    private func makeSure<Flash: NORFlash & ~Copyable>(
        _ entry: Entry,
        _ revision: UInt32,
        in half: Half,
        behind byteCount: Int,
        flash: inout Flash
    ) throws(RecordPairError) {
        let log = try log(of: half, behind: byteCount)
        let isSure: Bool
        do throws(FlashError) {
            isSure = try log.makeSure(entry.value(revision), flash: &flash)
        } catch {
            throw .flash(error)
        }
        guard isSure else { throw .areaTooSmall }
    }

    /// Erases a half and writes a copy there.
    private func program<Flash: NORFlash & ~Copyable>(
        _ copy: borrowing Copy,
        in half: Half,
        flash: inout Flash
    ) throws(RecordPairError) {
        var buffer = FlashBuffer(repeating: geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            copy.record.encode(into: &bytes, revision: copy.revision)
        }
        let area = try area(of: half)
        let byteCount = Self.rounded(copy.record.byteCount, geometry.writeAlignmentBytes)
        do throws(FlashError) {
            var address = area.offset
            while UInt64(address) < area.end {
                guard let sector = geometry.sector(containing: address) else { throw .outOfRange(address: address) }
                try flash.erase(sectorAt: sector.address)
                address = sector.end
            }
            try flash.program(at: area.offset, buffer.span.bytes.extracting(first: Int(byteCount)))
        } catch {
            throw .flash(error)
        }
    }

    private static func rounded(_ byteCount: Int, _ unit: UInt32) -> UInt32 {
        (UInt32(byteCount) + unit - 1) / unit * unit
    }

    /// The log of a half, behind a record of so many bytes.
    private func log(of half: Half, behind recordByteCount: Int) throws(RecordPairError) -> CommitLog {
        let area = try area(of: half)
        let unit = geometry.writeAlignmentBytes
        let slotBytes = CommitLog.slotBytes(writeAlignmentBytes: unit)
        let offset = Self.rounded(recordByteCount, unit)
        guard offset + Self.leastLogSlots * slotBytes <= area.sizeBytes else { throw .areaTooSmall }
        var byteCount = area.sizeBytes - offset
        let marks = Self.formerMarkUnits * unit
        if byteCount >= marks + Self.usualLogSlots * slotBytes { byteCount -= marks }
        return CommitLog(
            at: area.offset + offset,
            byteCount: min(byteCount, Self.mostLogSlots * slotBytes),
            writeAlignmentBytes: unit
        )
    }

    /// Half of the area's sectors; an odd one is left over.
    private func area(of half: Half) throws(RecordPairError) -> FlashArea {
        guard let first = geometry.sector(containing: area.offset),
            let last = geometry.sector(containing: area.offset + area.sizeBytes - 1)
        else { throw .areaTooSmall }
        let sectors = (last.index - first.index + 1) / 2
        let skipped = half == .first ? 0 : sectors
        guard sectors > 0, let start = geometry.sector(at: first.index + skipped),
            let end = geometry.sector(at: first.index + skipped + sectors - 1)
        else { throw .areaTooSmall }
        return FlashArea(offset: start.address, sizeBytes: end.end - start.address)
    }
}
