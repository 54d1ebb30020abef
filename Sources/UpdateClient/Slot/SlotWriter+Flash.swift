import Bootloader
import FirmwareImage
import Flash

extension SlotWriter {
    /// The image bytes that share the sector with the byte at `offset`.
    func imageRange(ofSectorAt offset: UInt32) -> Range<UInt32>? {
        guard offset < slot.sizeBytes, let sector = geometry.sectorRange(containing: slot.offset + offset),
            sector.lowerBound >= slot.offset, sector.upperBound > sector.lowerBound
        else { return nil }
        return sector.lowerBound - slot.offset..<sector.upperBound - slot.offset
    }

    /// Whether the unmarked rest of a sector with marks in it is blank.
    func isUsable<Flash: NORFlash & ~Copyable>(
        _ sector: Range<UInt32>,
        _ journal: borrowing DownloadJournal,
        flash: inout Flash
    ) throws(StoreError) -> Bool {
        let end = min(sector.upperBound, maximumImageBytes)
        var start = sector.lowerBound
        while start < end {
            let stop = min(journal.current?.layout.unitEnd(after: start) ?? end, end)
            if !journal.isMarked(bytes: start..<stop),
                try !isBlank(start..<stop, reads: Self.doubtfulReads, flash: &flash)
            {
                return false
            }
            start = stop
        }
        return true
    }

    /// Whether image bytes read as erased, so many times.
    func isBlank<Flash: NORFlash & ~Copyable>(
        _ range: Range<UInt32>,
        reads: Int,
        flash: inout Flash
    ) throws(StoreError) -> Bool {
        for _ in 0..<reads {
            guard try isBlank(range, flash: &flash) else { return false }
        }
        return true
    }

    private func isBlank<Flash: NORFlash & ~Copyable>(
        _ range: Range<UInt32>,
        flash: inout Flash
    ) throws(StoreError) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            var buffer = InlineArray<64, UInt8>(repeating: 0)
            let count = Int(min(64, range.upperBound - start))
            var elements = buffer.mutableSpan
            var span = elements.mutableBytes
            var part = span._mutatingExtracting(0..<count)
            guard try read(at: start, into: &part, flash: &flash) else { return false }
            for index in 0..<count where buffer[index] != geometry.erasedValue { return false }
            start += UInt32(count)
        }
        return true
    }

    /// Whether flash holds these bytes, read so many times.
    func holds<Flash: NORFlash & ~Copyable>(
        _ bytes: RawSpan,
        at offset: UInt32,
        reads: Int,
        flash: inout Flash
    ) throws(StoreError) -> Bool {
        for _ in 0..<reads {
            guard try holds(bytes, at: offset, flash: &flash) else { return false }
        }
        return true
    }

    private func holds<Flash: NORFlash & ~Copyable>(
        _ bytes: RawSpan,
        at offset: UInt32,
        flash: inout Flash
    ) throws(StoreError) -> Bool {
        var done = 0
        while done < bytes.byteCount {
            var buffer = InlineArray<64, UInt8>(repeating: 0)
            let count = min(64, bytes.byteCount - done)
            var elements = buffer.mutableSpan
            var span = elements.mutableBytes
            var part = span._mutatingExtracting(0..<count)
            guard try read(at: offset + UInt32(done), into: &part, flash: &flash) else { return false }
            for index in 0..<count
            where buffer[index] != bytes.byte(at: done + index) {
                return false
            }
            done += count
        }
        return true
    }

    /// Reads image bytes; false: they cannot be read, as after an interrupted write on parts with ECC.
    private func read<Flash: NORFlash & ~Copyable>(
        at offset: UInt32,
        into bytes: inout MutableRawSpan,
        flash: inout Flash
    ) throws(StoreError) -> Bool {
        do throws(FlashError) {
            try flash.read(at: slot.offset + offset, into: &bytes)
            return true
        } catch {
            guard case .io = error else { throw .flash(error) }
            return false
        }
    }

    /// Programs one piece that lies in one sector and one unit, and reads it back.
    func storePiece<Flash: NORFlash & ~Copyable>(
        _ piece: RawSpan,
        at offset: UInt32,
        isMarked: Bool,
        reads: Int,
        flash: inout Flash
    ) throws(StoreError) {
        let range = offset..<offset + UInt32(piece.byteCount)
        if isMarked {
            guard try holds(piece, at: offset, reads: 1, flash: &flash) else { throw .contradicted }
            return
        }
        if try !isBlank(range, reads: reads, flash: &flash) {
            // The same block once more, after its mark was not reached: nothing is left to program. Unless it was there
            // when this run began: then it is an interrupted write, whatever it reads like now.
            guard reads == 1, try holds(piece, at: offset, reads: 1, flash: &flash) else { throw .torn(range) }
            return
        }
        do throws(FlashError) {
            try program(piece, at: offset, flash: &flash)
        } catch {
            if case .notErased = error { throw .torn(range) }
            throw .flash(error)
        }
        guard try holds(piece, at: offset, reads: reads, flash: &flash) else { throw .torn(range) }
    }

    /// Programs bytes; the tail is padded with the erased value to the write alignment.
    private func program<Flash: NORFlash & ~Copyable>(
        _ bytes: RawSpan,
        at offset: UInt32,
        flash: inout Flash
    ) throws(FlashError) {
        let alignment = Int(geometry.writeAlignmentBytes)
        let whole = bytes.byteCount / alignment * alignment
        if whole > 0 {
            try flash.program(at: slot.offset + offset, bytes.extracting(0..<whole))
        }
        let rest = bytes.byteCount - whole
        guard rest > 0, alignment <= 256 else { return }
        var buffer = InlineArray<256, UInt8>(repeating: geometry.erasedValue)
        for index in 0..<rest { buffer[index] = bytes.byte(at: whole + index) }
        try flash.program(at: slot.offset + offset + UInt32(whole), buffer.span.bytes.extracting(0..<alignment))
    }
}
