import FirmwareImage
import Flash

extension BootTrailer {
    /// Reads the trailer of a slot. A field that cannot be read is one that was cut short.
    ///
    /// - Throws: what reading throws but `io`.
    public init<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) {
        self.init()
        let base = map.area(of: slot).offset
        let layout = map.trailer
        let erasedValue = map.geometry.erasedValue

        var magic = InlineArray<16, UInt8>(repeating: 0)
        if try flash.readIfReadable(at: base + layout.magicOffset, into: &magic) {
            var isGood = true
            for index in 0..<16 where magic[index] != layout.magicByte(index) { isGood = false }
            self.magic = isGood ? .good : magic.span.bytes.allBytes(are: erasedValue) ? .unset : .bad
        } else {
            self.magic = .bad
        }
        imageOK = try Self.flag(at: base + layout.imageOKOffset, flash: &flash)
        copyDone = try Self.flag(at: base + layout.copyDoneOffset, flash: &flash)
        var info = InlineArray<8, UInt8>(repeating: 0)
        if try !flash.readIfReadable(at: base + layout.swapInfoOffset, into: &info) { info[0] = ~erasedValue }
        swapInfo = info[0] == erasedValue ? nil : info[0]
        var size = InlineArray<4, UInt8>(repeating: 0)
        if try !flash.readIfReadable(at: base + layout.swapSizeOffset, into: &size) {
            size = InlineArray(repeating: ~erasedValue)
        }
        swapSizeBytes = size.span.bytes.allBytes(are: erasedValue) ? nil : size.span.bytes.littleEndianUInt32(at: 0)
        switch slot {
        case .primary:
            record = SwapRecord(info.span.bytes)
            isSettled = try Self.settled(map).isSet(flash: &flash)
        case .secondary:
            let log = try SwapLog(map: map).read(flash: &flash)
            (requested, started) = (log.requested, log.started)
            isStartedSure = log.started != nil && log.isStartedSure
        }
    }

    /// The mark *settled* of the primary slot.
    static func settled(_ map: FlashMap) -> CommitMark {
        CommitMark(at: map.primary.offset + map.trailer.settledOffset, unitCount: TrailerLayout.settledUnitCount)
    }

    private static func flag<Flash: NORFlash & ~Copyable>(
        at address: UInt32,
        flash: inout Flash
    ) throws(FlashError) -> TrailerFlag {
        var byte = InlineArray<1, UInt8>(repeating: 0)
        guard try flash.readIfReadable(at: address, into: &byte) else { return .bad }
        return byte[0] == TrailerWriter.flagSet ? .set : byte[0] == flash.geometry.erasedValue ? .unset : .bad
    }
}
