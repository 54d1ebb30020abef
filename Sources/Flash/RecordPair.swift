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
    /// The sectors are too small for this record.
    case areaTooSmall
    case flash(FlashError)
}

/// A record in two copies, as littlefs keeps its metadata pairs (SPEC.md): *home* in the first half of an area's
/// sectors, *draft* in the second, each with a revision and a checksum.
///
/// ```
///      home                          draft
///      r, mark                       r, mark                       settled: both are the same
/// 1    r, mark                       erased, r + 1 programmed
/// 2    r, mark                       r + 1, mark                   a `CommitMark`: this copy is whole
/// 3    erased, r + 1 programmed      r + 1, mark
/// 4    r + 1, mark                   r + 1, mark                   settled
/// ```
/// In every line one copy is sure, and it is known which:
/// - Lines 1 and 3 touch only one half. A torn copy is found by its checksum, and one that is in doubt may be found
///   whole or not, or not be readable, which is the same as not whole.
/// - Line 1 begins only when home is sure: it has its mark. Where a draft is marked and home is not, line 3 was cut
///   short, and is done again first, though both may read the same.
/// - A draft that differs from home counts only with its mark, which is begun when the draft is sure. Without it home
///   counts, and home is not touched before the mark is sure.
/// - ``settle(_:flash:)`` goes on from what it finds, and makes sure of a mark that it found before it goes on to line
///   3. From when it returns both copies are the same and sure, so whoever settled may act on the record.
///
/// Erases per write: each sector of both halves once.
package struct RecordPair<Record: PairedRecord>: Sendable {
    private let area: FlashArea
    private let geometry: FlashGeometry

    /// How many units the mark has, where there is room.
    private static var maximumMarkUnits: UInt32 { 8 }

    package init(in area: FlashArea, of geometry: FlashGeometry) {
        self.area = area
        self.geometry = geometry
    }

    /// Bytes that each half needs for any record, with room for some units of the mark.
    package static func halfSizeBytes(writeAlignmentBytes unit: UInt32) -> UInt32 {
        (UInt32(Record.maximumByteCount) + unit - 1) / unit * unit + 4 * unit
    }

    /// Reads the record that counts, and changes nothing. After a power cut in a write it may be the old one or the new
    /// one, and another one next time; see ``settle(_:flash:)``.
    package func read<Flash: NORFlash & ~Copyable>(
        _ record: inout Record,
        flash: inout Flash
    ) throws(RecordPairError) {
        var copy = Copy()
        guard try state(into: &copy, flash: &flash) != .none else { throw .nothingWritten }
        record = copy.record
    }

    /// Finishes or undoes what a power cut left of a write, and reads the record: from here on every reading gives it.
    /// Writes nothing if there is nothing to be done.
    package func settle<Flash: NORFlash & ~Copyable>(
        _ record: inout Record,
        flash: inout Flash
    ) throws(RecordPairError) {
        var copy = Copy()
        switch try state(into: &copy, flash: &flash) {
        case .none: throw .nothingWritten
        case .settled: break
        case .draftCutShort: try write(copy, to: .draft, flash: &flash)
        case .draftComplete: try finish(copy, flash: &flash)
        }
        record = copy.record
    }

    /// Writes the record in place of the present one, if any. Nothing is written if it is the same.
    ///
    /// - Throws: `exhausted`, `areaTooSmall`, `flash`; the record before it stays, or this one is written in full.
    package func write<Flash: NORFlash & ~Copyable>(
        _ record: Record,
        flash: inout Flash
    ) throws(RecordPairError) {
        var copy = Copy()
        let state = try state(into: &copy, flash: &flash)
        if state == .draftComplete {
            try finish(copy, flash: &flash)
        } else if state == .settled, try isMarked(.draft, copy, flash: &flash),
            try !isMarked(.home, copy, flash: &flash)
        {
            try finish(copy, flash: &flash)
        }
        if state != .none, copy.record == record {
            if state == .draftCutShort { try write(copy, to: .draft, flash: &flash) }
            return
        }
        guard state == .none || copy.revision != .max else { throw .exhausted }
        copy.record = record
        copy.revision = state == .none ? 1 : copy.revision + 1
        guard try markUnits(of: .draft, behind: record.byteCount) > 0 else { throw .areaTooSmall }
        try write(copy, to: .draft, flash: &flash)
        try finish(copy, flash: &flash)
    }
}

// MARK: State

extension RecordPair {
    private enum Half: UInt32 {
        case home = 0
        case draft = 1
    }

    /// Not copied by accident: it is large for a device's stack.
    private struct Copy: ~Copyable {
        var record = Record()
        var revision: UInt32 = 0
    }

    private enum State {
        case none
        /// Both copies are the same.
        case settled
        /// Home counts; the draft is torn, has no mark, or is gone.
        case draftCutShort
        /// The draft counts; home is to be written.
        case draftComplete
    }

    /// Reads both halves, and puts the copy that counts into `copy`.
    @inline(never)
    private func state<Flash: NORFlash & ~Copyable>(
        into copy: inout Copy,
        flash: inout Flash
    ) throws(RecordPairError) -> State {
        let hasHome = try read(.home, into: &copy, flash: &flash)
        var draft = Copy()
        guard try read(.draft, into: &draft, flash: &flash) else { return hasHome ? .draftCutShort : .none }
        if hasHome {
            if draft.revision == copy.revision, draft.record == copy.record { return .settled }
            guard draft.revision > copy.revision, try isMarked(.draft, draft, flash: &flash) else {
                return .draftCutShort
            }
        }
        copy = draft
        return .draftComplete
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

    private func isMarked<Flash: NORFlash & ~Copyable>(
        _ half: Half,
        _ copy: borrowing Copy,
        flash: inout Flash
    ) throws(RecordPairError) -> Bool {
        let mark = try mark(of: half, behind: copy.record.byteCount)
        do throws(FlashError) {
            return try mark.isSet(flash: &flash)
        } catch {
            throw .flash(error)
        }
    }
}

// MARK: Writing

extension RecordPair {
    /// Makes sure of line 2, and does the rest, from whatever is left of it.
    @inline(never)
    private func finish<Flash: NORFlash & ~Copyable>(
        _ draft: borrowing Copy,
        flash: inout Flash
    ) throws(RecordPairError) {
        try makeSure(.draft, draft, flash: &flash)
        try write(draft, to: .home, flash: &flash)
        try makeSure(.home, draft, flash: &flash)
    }

    private func makeSure<Flash: NORFlash & ~Copyable>(
        _ half: Half,
        _ copy: borrowing Copy,
        flash: inout Flash
    ) throws(RecordPairError) {
        let mark = try mark(of: half, behind: copy.record.byteCount)
        do throws(FlashError) {
            try mark.makeSure(flash: &flash)
        } catch {
            throw .flash(error)
        }
    }

    private func write<Flash: NORFlash & ~Copyable>(
        _ copy: borrowing Copy,
        to half: Half,
        flash: inout Flash
    ) throws(RecordPairError) {
        var buffer = FlashBuffer(repeating: geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            copy.record.encode(into: &bytes, revision: copy.revision)
        }
        let area = try area(of: half)
        let byteCount = rounded(copy.record.byteCount)
        guard byteCount <= area.sizeBytes else { throw .areaTooSmall }
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

    private func rounded(_ byteCount: Int) -> UInt32 {
        let unit = geometry.writeAlignmentBytes
        return (UInt32(byteCount) + unit - 1) / unit * unit
    }

    private func markUnits(of half: Half, behind recordByteCount: Int) throws(RecordPairError) -> UInt32 {
        let area = try area(of: half)
        let used = rounded(recordByteCount)
        guard used < area.sizeBytes else { return 0 }
        return min((area.sizeBytes - used) / geometry.writeAlignmentBytes, Self.maximumMarkUnits)
    }

    /// At the end of the half.
    private func mark(of half: Half, behind recordByteCount: Int) throws(RecordPairError) -> CommitMark {
        let units = try markUnits(of: half, behind: recordByteCount)
        let end = UInt32(truncatingIfNeeded: try area(of: half).end)
        return CommitMark(at: end - units * geometry.writeAlignmentBytes, unitCount: units)
    }

    /// Half of the area's sectors; an odd one is left over.
    private func area(of half: Half) throws(RecordPairError) -> FlashArea {
        guard let first = geometry.sector(containing: area.offset),
            let last = geometry.sector(containing: area.offset + area.sizeBytes - 1)
        else { throw .areaTooSmall }
        let sectors = (last.index - first.index + 1) / 2
        guard sectors > 0, let start = geometry.sector(at: first.index + half.rawValue * sectors),
            let end = geometry.sector(at: first.index + (half.rawValue + 1) * sectors - 1)
        else { throw .areaTooSmall }
        return FlashArea(offset: start.address, sizeBytes: end.end - start.address)
    }
}
