import FirmwareImage
import Flash

/// Why the trust record could not be read or written.
public enum TrustError: Error, Equatable, Sendable {
    /// Neither copy is whole: the device was never provisioned, or the area is damaged.
    case notProvisioned
    /// The write number of the record is at its end; after four thousand million rewrites.
    case exhausted
    /// The sectors of the trust area are too small for this record.
    case areaTooSmall
    case flash(FlashError)
}

/// The trust record in the trust area: two copies, *home* in the first half of the sectors and *draft* in the second.
///
/// ```
/// half   record, rounded up to write units    …    marks, one write unit each, at the end, the last one first
/// ```
/// A write goes like this, and at every moment of it one copy is whole and stable:
/// 1. the draft's sectors are erased and programmed with the new record (home holds the old one);
/// 2. a mark is programmed behind the draft;
/// 3. the home's sectors are erased and programmed with the new record (the draft holds it).
///
/// What a power cut leaves may not only be torn, it may read differently each time. Therefore:
/// - The draft counts before home only if it has a mark, and that is programmed only after the draft's last bit was.
///   A draft without a mark was cut short; home counts.
/// - A mark may itself be torn and come and go. Step 3 after a cut begins with a fresh mark, so home is never touched
///   unless some mark stands for good: a draft without a mark always has a home that was not touched.
/// - ``settle(flash:)`` brings both copies to the same record before anybody acts on what was read, by finishing step 3
///   or by undoing step 1.
///
/// Erases per write: each sector of both halves once.
public struct TrustStore: Sendable {
    private let map: FlashMap

    /// How many marks a half has at most.
    private static let maximumMarks: UInt32 = 8

    public init(map: FlashMap) {
        self.map = map
    }

    /// Bytes that each half needs for any record, with room for some marks.
    static func halfSizeBytes(writeAlignmentBytes unit: UInt32) -> UInt32 {
        (UInt32(TrustRecord.maximumByteCount) + unit - 1) / unit * unit + 4 * unit
    }

    /// Reads the record that counts, and changes nothing. After a power cut in a write it may be the old one or the new
    /// one, and another one next time; see ``settle(flash:)``.
    ///
    /// - Throws: `notProvisioned`, `areaTooSmall`, `flash`.
    public func read<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(TrustError) -> TrustRecord {
        var copy = Copy()
        guard try state(into: &copy, flash: &flash) != .none else { throw .notProvisioned }
        return copy.record
    }

    /// Finishes or undoes what a power cut left of a write, and reads the record: from here on every reading gives it.
    /// Writes nothing if there is nothing to be done.
    ///
    /// - Throws: `notProvisioned`, `areaTooSmall`, `flash`.
    public func settle<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(TrustError) -> TrustRecord {
        var copy = Copy()
        switch try state(into: &copy, flash: &flash) {
        case .none: throw .notProvisioned
        case .settled: break
        case .draftCutShort: try write(copy, to: .draft, flash: &flash)
        case .draftComplete: try finish(copy, flash: &flash)
        }
        return copy.record
    }

    /// Writes the record in place of the present one, if any. Nothing is written if it is the same.
    ///
    /// - Throws: `exhausted`, `areaTooSmall`, `flash`; the record before it stays, or this one is written in full.
    public func write<Flash: NORFlash & ~Copyable>(
        _ record: TrustRecord,
        flash: inout Flash
    ) throws(TrustError) {
        var copy = Copy()
        let state = try state(into: &copy, flash: &flash)
        if state == .draftComplete { try finish(copy, flash: &flash) }
        if state != .none, copy.record == record {
            if state == .draftCutShort { try write(copy, to: .draft, flash: &flash) }
            return
        }
        guard state == .none || copy.writeNumber != .max else { throw .exhausted }
        copy.record = record
        copy.writeNumber = state == .none ? 1 : copy.writeNumber + 1
        guard try markCount(of: .draft, recordByteCount: record.byteCount) > 0 else { throw .areaTooSmall }
        try write(copy, to: .draft, flash: &flash)
        try finish(copy, flash: &flash)
    }
}

// MARK: State

extension TrustStore {
    private enum Half: UInt32 {
        case home = 0
        case draft = 1
    }

    /// Not copied by accident: it is large for a device's stack.
    private struct Copy: ~Copyable {
        var record = TrustRecord()
        var writeNumber: UInt32 = 0
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
    ) throws(TrustError) -> State {
        let hasHome = try read(.home, into: &copy, flash: &flash)
        var draft = Copy()
        guard try read(.draft, into: &draft, flash: &flash) else { return hasHome ? .draftCutShort : .none }
        if hasHome {
            if draft.writeNumber == copy.writeNumber, draft.record == copy.record { return .settled }
            guard draft.writeNumber > copy.writeNumber, try isMarked(draft, flash: &flash) else {
                return .draftCutShort
            }
        }
        copy = draft
        return .draftComplete
    }

    /// Reads one half; `false` if it holds no whole copy.
    private func read<Flash: NORFlash & ~Copyable>(
        _ half: Half,
        into copy: inout Copy,
        flash: inout Flash
    ) throws(TrustError) -> Bool {
        let area = try area(of: half)
        let byteCount = min(Int(area.sizeBytes), TrustRecord.maximumByteCount)
        var buffer = FlashBuffer(repeating: 0)
        do throws(FlashError) {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            var window = bytes.window(0..<byteCount)
            try flash.read(at: area.offset, into: &window)
        } catch {
            throw .flash(error)
        }
        return copy.record.decode(buffer.span.bytes.extracting(first: byteCount), writeNumber: &copy.writeNumber)
    }

    private func isMarked<Flash: NORFlash & ~Copyable>(
        _ draft: borrowing Copy,
        flash: inout Flash
    ) throws(TrustError) -> Bool {
        for index in 0..<(try markCount(of: .draft, recordByteCount: draft.record.byteCount)) {
            if try !isErased(mark: index, flash: &flash) { return true }
        }
        return false
    }

    @inline(never)
    private func isErased<Flash: NORFlash & ~Copyable>(
        mark index: UInt32,
        flash: inout Flash
    ) throws(TrustError) -> Bool {
        let unit = Int(map.geometry.writeAlignmentBytes)
        let address = try address(ofMark: index)
        var buffer = WriteUnitBuffer(repeating: 0)
        do throws(FlashError) {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            var window = bytes.window(0..<unit)
            try flash.read(at: address, into: &window)
        } catch {
            throw .flash(error)
        }
        return buffer.span.bytes.extracting(first: unit).allBytes(are: map.geometry.erasedValue)
    }
}

// MARK: Writing

extension TrustStore {
    /// Step 3, from whatever is left of it.
    @inline(never)
    private func finish<Flash: NORFlash & ~Copyable>(_ draft: borrowing Copy, flash: inout Flash) throws(TrustError) {
        try writeMark(draft, flash: &flash)
        try write(draft, to: .home, flash: &flash)
    }

    private func write<Flash: NORFlash & ~Copyable>(
        _ copy: borrowing Copy,
        to half: Half,
        flash: inout Flash
    ) throws(TrustError) {
        var buffer = FlashBuffer(repeating: map.geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            copy.record.encode(into: &bytes, writeNumber: copy.writeNumber)
        }
        let area = try area(of: half)
        let byteCount = rounded(copy.record.byteCount)
        guard byteCount <= area.sizeBytes else { throw .areaTooSmall }
        do throws(FlashError) {
            var address = area.offset
            while UInt64(address) < area.end {
                guard let sector = map.geometry.sector(containing: address) else {
                    throw .outOfRange(address: address)
                }
                try flash.erase(sectorAt: sector.address)
                address = sector.end
            }
            try flash.program(at: area.offset, buffer.span.bytes.extracting(first: Int(byteCount)))
        } catch {
            throw .flash(error)
        }
    }

    /// Programs the next mark that is free. After as many power cuts as there are marks none is: then the last one has
    /// to do.
    private func writeMark<Flash: NORFlash & ~Copyable>(_ draft: borrowing Copy, flash: inout Flash) throws(TrustError)
    {
        let unit = Int(map.geometry.writeAlignmentBytes)
        let mark = WriteUnitBuffer(repeating: ~map.geometry.erasedValue)
        for index in 0..<(try markCount(of: .draft, recordByteCount: draft.record.byteCount)) {
            guard try isErased(mark: index, flash: &flash) else { continue }
            let address = try address(ofMark: index)
            do throws(FlashError) {
                try flash.program(at: address, mark.span.bytes.extracting(first: unit))
                return
            } catch {
                // Reads erased, but a write was begun there.
                guard case .notErased = error else { throw .flash(error) }
            }
        }
    }

    private func rounded(_ byteCount: Int) -> UInt32 {
        let unit = map.geometry.writeAlignmentBytes
        return (UInt32(byteCount) + unit - 1) / unit * unit
    }

    private func markCount(of half: Half, recordByteCount: Int) throws(TrustError) -> UInt32 {
        let area = try area(of: half)
        let used = rounded(recordByteCount)
        guard used < area.sizeBytes else { return 0 }
        return min((area.sizeBytes - used) / map.geometry.writeAlignmentBytes, Self.maximumMarks)
    }

    private func address(ofMark index: UInt32) throws(TrustError) -> UInt32 {
        let area = try area(of: .draft)
        return area.offset + area.sizeBytes - (index + 1) * map.geometry.writeAlignmentBytes
    }

    /// Half of the trust area's sectors; an odd one is left over.
    private func area(of half: Half) throws(TrustError) -> FlashArea {
        guard let first = map.geometry.sector(containing: map.trust.offset),
            let last = map.geometry.sector(containing: map.trust.offset + map.trust.sizeBytes - 1)
        else { throw .areaTooSmall }
        let sectors = (last.index - first.index + 1) / 2
        guard sectors > 0, let start = map.geometry.sector(at: first.index + half.rawValue * sectors),
            let end = map.geometry.sector(at: first.index + (half.rawValue + 1) * sectors - 1)
        else { throw .areaTooSmall }
        return FlashArea(offset: start.address, sizeBytes: end.end - start.address)
    }
}
