import FirmwareImage
import Flash

/// Writes and erases trailers, field by field.
///
/// Stack: what has a buffer of its own is not inlined, so that no caller has several.
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
            flash.feedWatchdog()
            try flash.erase(sectorAt: area.offset + offset)
        }
    }

    /// Writes a request into the erased trailer of the secondary slot; the magic last, because without it nothing of
    /// the rest counts. One that is not for a test is logged before, because swap_info and image_ok have no checksum.
    func writeRequest<Flash: NORFlash & ~Copyable>(_ type: SwapType, flash: inout Flash) throws(FlashError) {
        if type != .test { try SwapLog(map: map).append(requested: type, flash: &flash) }
        _ = try writeByte(type.rawValue, .secondary, at: map.trailer.swapInfoOffset, flash: &flash)
        if type != .test {
            _ = try writeByte(Self.flagSet, .secondary, at: map.trailer.imageOKOffset, flash: &flash)
        }
        try writeMagic(.secondary, flash: &flash)
    }

    /// Records a swap in the trailer of the primary slot, which is erased, or goes on with that.
    ///
    /// The record comes first. What follows is for MCUboot, and tells that the record is written.
    @inline(never)
    func write<Flash: NORFlash & ~Copyable>(_ record: SwapRecord, flash: inout Flash) throws(FlashError) {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            record.encode(into: &bytes)
        }
        let offset = map.trailer.swapInfoOffset
        _ = try program(buffer.span.bytes, byteCount: SwapRecord.byteCount, .primary, at: offset, flash: &flash)
        try writeSwapSize(record.swapSizeBytes, flash: &flash)
        if record.swap.type != .test {
            _ = try writeByte(Self.flagSet, .primary, at: map.trailer.imageOKOffset, flash: &flash)
        }
        try writeMagic(.primary, flash: &flash)
    }

    /// Confirms the primary slot's image, for sure: also where image_ok or a request to go back is in doubt.
    func confirm<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        _ = try writeByte(Self.flagSet, .primary, at: map.trailer.imageOKOffset, flash: &flash)
        try settle(flash: &flash)
    }

    /// Makes sure that the swap in the primary's trailer is done and its image stays, as was read there.
    func settle<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        try BootTrailer.settled(map).makeSure(flash: &flash)
    }

    /// Marks the primary's trailer as this system's, before it writes or erases a request: from then on no request that
    /// is not logged counts as one for good. A swap record does the same; what MCUboot has not finished is left alone.
    func claim<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        let primary = try BootTrailer(of: .primary, flash: &flash, map: map)
        guard primary.record == nil else { return }
        let limit = map.maximumImageSizeBytes
        switch BootDecision(primary: primary, secondary: BootTrailer(), maximumImageSizeBytes: limit) {
        case .boot, .settle: try settle(flash: &flash)
        case .resume, .start, .discardRequest, .trial: break
        }
    }

    /// - Returns: `false` if it was begun before.
    func writeCopyDone<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) -> Bool {
        try writeByte(Self.flagSet, .primary, at: map.trailer.copyDoneOffset, flash: &flash)
    }

    /// Writes record `index` of the swap status, unless it was begun before; its byte is MCUboot's state number, 1 for
    /// a move, 1 and 2 for the two halves of a swap.
    func writeStatus<Flash: NORFlash & ~Copyable>(
        record index: UInt32,
        value: UInt8,
        flash: inout Flash
    ) throws(FlashError) {
        let offset = map.trailer.statusOffset + index * map.trailer.recordSizeBytes
        _ = try writeByte(value, .primary, at: offset, flash: &flash)
    }

    @inline(never)
    private func writeSwapSize<Flash: NORFlash & ~Copyable>(
        _ sizeBytes: UInt32,
        flash: inout Flash
    ) throws(FlashError) {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            bytes.storeLittleEndian(sizeBytes, at: 0)
        }
        _ = try program(buffer.span.bytes, byteCount: 4, .primary, at: map.trailer.swapSizeOffset, flash: &flash)
    }

    @inline(never)
    private func writeMagic<Flash: NORFlash & ~Copyable>(_ slot: Slot, flash: inout Flash) throws(FlashError) {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        let lead = Int(map.trailer.magicOffset - map.trailer.magicAreaOffset)
        for index in 0..<Int(TrailerLayout.magicByteCount) {
            buffer[lead + index] = map.trailer.magicByte(index)
        }
        let byteCount = lead + Int(TrailerLayout.magicByteCount)
        _ = try program(buffer.span.bytes, byteCount: byteCount, slot, at: map.trailer.magicAreaOffset, flash: &flash)
    }

    /// Writes one field or record.
    ///
    /// - Returns: `false` if there is something already that read erased when it was looked at: an earlier write that
    ///   was cut short. It counts as written, but not for sure.
    @inline(never)
    private func writeByte<Flash: NORFlash & ~Copyable>(
        _ value: UInt8,
        _ slot: Slot,
        at offset: UInt32,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        buffer[0] = value
        return try program(buffer.span.bytes, byteCount: 1, slot, at: offset, flash: &flash)
    }

    /// Programs the start of a buffer, rounded up to write units.
    ///
    /// - Returns: `false` if there is something already.
    private func program<Flash: NORFlash & ~Copyable>(
        _ buffer: RawSpan,
        byteCount: Int,
        _ slot: Slot,
        at offset: UInt32,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        let unit = Int(map.geometry.writeAlignmentBytes)
        let rounded = (byteCount + unit - 1) / unit * unit
        return try flash.programIfErased(at: map.area(of: slot).offset + offset, buffer.extracting(0..<rounded))
    }
}
