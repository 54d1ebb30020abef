import FirmwareImage
import Flash

extension BootTrailer {
    /// Reads the trailer of a slot.
    ///
    /// - Throws: what reading throws.
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
        try flash.read(at: base + layout.magicOffset, into: &magic)
        var isGood = true
        for index in 0..<16 where magic[index] != layout.magicByte(index) {
            isGood = false
        }
        isWitnessed = try Self.hasWitness(.whole, or: .wholeAgain, of: slot, flash: &flash, map: map)
        self.magic =
            isGood || isWitnessed ? .good : magic.span.bytes.allBytes(are: erasedValue) ? .unset : .bad

        imageOK = try Self.flag(at: base + layout.imageOKOffset, flash: &flash, erasedValue: erasedValue)
        copyDone = try Self.flag(at: base + layout.copyDoneOffset, flash: &flash, erasedValue: erasedValue)
        switch slot {
        case .primary:
            let isCopied = try Self.hasWitness(.copied, or: .copiedAgain, of: slot, flash: &flash, map: map)
            if copyDone == .unset, isCopied { copyDone = .bad }
            let isConfirmed = try Self.hasWitness(.confirmed, or: .confirmedAgain, of: slot, flash: &flash, map: map)
            if imageOK == .unset, isConfirmed { imageOK = .bad }
        case .secondary:
            isTestWitnessed = try Self.hasWitness(.test, or: .testAgain, of: slot, flash: &flash, map: map)
        }
        let info = try flash.readByte(at: base + layout.swapInfoOffset)
        swapInfo = info == erasedValue ? nil : info
        var size = InlineArray<4, UInt8>(repeating: 0)
        try flash.read(at: base + layout.swapSizeOffset, into: &size)
        swapSizeBytes = size.span.bytes.allBytes(are: erasedValue) ? nil : size.span.bytes.littleEndianUInt32(at: 0)
    }

    /// Whether a witness is written.
    static func hasWitness<Flash: NORFlash & ~Copyable>(
        _ witness: TrailerWitness,
        of slot: Slot,
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> Bool {
        let layout = map.trailer
        let offset = layout.witnessOffset + witness.rawValue * layout.recordSizeBytes
        return try flash.readByte(at: map.area(of: slot).offset + offset) != map.geometry.erasedValue
    }

    private static func hasWitness<Flash: NORFlash & ~Copyable>(
        _ first: TrailerWitness,
        or second: TrailerWitness,
        of slot: Slot,
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> Bool {
        if try hasWitness(first, of: slot, flash: &flash, map: map) { return true }
        return try hasWitness(second, of: slot, flash: &flash, map: map)
    }

    private static func flag<Flash: NORFlash & ~Copyable>(
        at address: UInt32,
        flash: inout Flash,
        erasedValue: UInt8
    ) throws(FlashError) -> TrailerFlag {
        switch try flash.readByte(at: address) {
        case TrailerWriter.flagSet: .set
        case erasedValue: .unset
        default: .bad
        }
    }
}
