import FirmwareImage
import Flash

/// Writes and erases trailers, field by field.
struct TrailerWriter {
    let map: FlashMap

    static let flagSet: UInt8 = 0x01

    /// Erases the sectors of a slot's trailer, the last first: with the magic, what the others say is void.
    ///
    /// The trailer is erased also where it reads erased: after an erase that was cut short bits can read erased and not
    /// stay so.
    func erase<Flash: NORFlash & ~Copyable>(_ slot: Slot, flash: inout Flash) throws(FlashError) {
        let area = map.area(of: slot)
        var offset = area.sizeBytes
        while offset > map.trailer.firstSectorOffset {
            offset -= map.slotSectorSizeBytes
            try flash.erase(sectorAt: area.offset + offset)
        }
    }

    /// Writes a whole trailer into erased flash; the magic last, because without it nothing of the rest counts, and its
    /// witnesses.
    func write<Flash: NORFlash & ~Copyable>(
        _ slot: Slot,
        type: SwapType,
        imageOK: Bool,
        swapSizeBytes: UInt32?,
        flash: inout Flash
    ) throws(FlashError) {
        try writeSwapInfo(slot, type, flash: &flash)
        if imageOK {
            _ = try writeByte(Self.flagSet, slot, at: map.trailer.imageOKOffset, flash: &flash)
        }
        if let swapSizeBytes {
            try writeSwapSize(slot, swapSizeBytes, flash: &flash)
        }
        try writeMagic(slot, flash: &flash)
        try witnessMagic(slot, flash: &flash)
    }

    /// Makes sure of a field that was read. Nothing happens if its witness is written.
    func witness<Flash: NORFlash & ~Copyable>(
        _ witness: TrailerWitness,
        _ slot: Slot,
        flash: inout Flash
    ) throws(FlashError) {
        guard try !BootTrailer.hasWitness(witness, of: slot, flash: &flash, map: map) else { return }
        _ = try writeByte(
            Self.flagSet,
            slot,
            at: map.trailer.witnessOffset + witness.rawValue * map.trailer.recordSizeBytes,
            flash: &flash
        )
    }

    /// Makes sure of a magic that was found.
    func witnessMagic<Flash: NORFlash & ~Copyable>(_ slot: Slot, flash: inout Flash) throws(FlashError) {
        try witness(.whole, slot, flash: &flash)
        try witness(.wholeAgain, slot, flash: &flash)
    }

    /// Makes sure that a swap is done that copy_done says is done.
    func witnessCopy<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        try witness(.copied, .primary, flash: &flash)
        try witness(.copiedAgain, .primary, flash: &flash)
    }

    /// Makes sure that a request for a test is one.
    func witnessTest<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        try witness(.test, .secondary, flash: &flash)
        try witness(.testAgain, .secondary, flash: &flash)
    }

    /// Makes sure that an image stays that was confirmed.
    func witnessConfirmation<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        try witness(.confirmed, .primary, flash: &flash)
        try witness(.confirmedAgain, .primary, flash: &flash)
    }

    func writeSwapInfo<Flash: NORFlash & ~Copyable>(
        _ slot: Slot,
        _ type: SwapType,
        flash: inout Flash
    ) throws(FlashError) {
        _ = try writeByte(type.rawValue, slot, at: map.trailer.swapInfoOffset, flash: &flash)
    }

    /// Confirms the primary slot's image.
    func writeImageOK<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        if try !writeByte(Self.flagSet, .primary, at: map.trailer.imageOKOffset, flash: &flash) {
            try witnessConfirmation(flash: &flash)
        }
    }

    func writeCopyDone<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        if try !writeByte(Self.flagSet, .primary, at: map.trailer.copyDoneOffset, flash: &flash) {
            try witnessCopy(flash: &flash)
        }
    }

    /// Writes record `index` of the swap status; its byte is MCUboot's state number, 1 for a move, 1 and 2 for the two
    /// halves of a swap.
    func writeStatus<Flash: NORFlash & ~Copyable>(
        record index: UInt32,
        value: UInt8,
        flash: inout Flash
    ) throws(FlashError) {
        _ = try writeByte(
            value,
            .primary,
            at: map.trailer.statusOffset + index * map.trailer.recordSizeBytes,
            flash: &flash
        )
    }

    private func writeSwapSize<Flash: NORFlash & ~Copyable>(
        _ slot: Slot,
        _ sizeBytes: UInt32,
        flash: inout Flash
    ) throws(FlashError) {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            bytes.storeLittleEndian(sizeBytes, at: 0)
        }
        try program(buffer.span.bytes, byteCount: 4, slot, at: map.trailer.swapSizeOffset, flash: &flash)
    }

    private func writeMagic<Flash: NORFlash & ~Copyable>(_ slot: Slot, flash: inout Flash) throws(FlashError) {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        let lead = Int(map.trailer.magicOffset - map.trailer.magicAreaOffset)
        for index in 0..<Int(TrailerLayout.magicByteCount) {
            buffer[lead + index] = map.trailer.magicByte(index)
        }
        let byteCount = UInt32(lead) + TrailerLayout.magicByteCount
        try program(buffer.span.bytes, byteCount: byteCount, slot, at: map.trailer.magicAreaOffset, flash: &flash)
    }

    /// Writes one field or record.
    ///
    /// - Returns: `false` if there is something already that read erased when it was looked at: an earlier write that
    ///   was cut short. It counts as written, but not for sure.
    private func writeByte<Flash: NORFlash & ~Copyable>(
        _ value: UInt8,
        _ slot: Slot,
        at offset: UInt32,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        buffer[0] = value
        do throws(FlashError) {
            try program(buffer.span.bytes, byteCount: 1, slot, at: offset, flash: &flash)
            return true
        } catch {
            guard case .notErased = error else { throw error }
            return false
        }
    }

    /// Programs the start of a buffer, rounded up to write units.
    private func program<Flash: NORFlash & ~Copyable>(
        _ buffer: RawSpan,
        byteCount: UInt32,
        _ slot: Slot,
        at offset: UInt32,
        flash: inout Flash
    ) throws(FlashError) {
        let unit = map.geometry.writeAlignmentBytes
        let rounded = Int((byteCount + unit - 1) / unit * unit)
        try flash.program(at: map.area(of: slot).offset + offset, buffer.extracting(0..<rounded))
    }
}
