import FirmwareImage
import Flash

/// What must be sure of a request and of its swap, in the status area of the secondary's trailer.
///
/// An entry is a number that is written once and means "it is so":
/// ```
/// u16 little-endian   0xF000 | number << 4 | type: the request in this trailer is being followed (`StartedSwap`)
///                     0xE000 | type: the request in this trailer is whole
///                     0x7000 + n: a boot goes on behind step n; the record of the next step is not to be believed,
///                     as that step is done again
///                     n < 0x7000: n steps of the swap in the primary's trailer are done
/// u16 little-endian   the lower half of the CRC-32 of these two bytes
/// ```
/// in a slot of four bytes, or of a write unit where that is more. The rules are those of a `CommitMark`: an entry is
/// written after what it says is so, and again, before anything relies on it, by a run that did not write it. It is
/// read wherever it is whole, so that a torn or half-erased one is none, and cannot say something else.
///
/// An append writes two slots, the first ones behind all that do not read erased. A power cut can have left the former
/// of them in doubt, though it reads erased; then the latter has never been touched. So one of the two is sure.
struct SwapLog {
    let map: FlashMap

    static let maximumStepCount: UInt16 = 0x6FFF
    private static let resumedBase: UInt16 = 0x7000

    private static let requestedBase: UInt16 = 0xE000

    /// What the log says.
    struct Contents: Equatable {
        /// The request in the secondary's trailer is being followed.
        var started: StartedSwap?
        /// The type of the request in the secondary's trailer.
        var requested: SwapType?
        /// Steps done, at least.
        var stepsDone: UInt32 = 0
        /// Steps behind which a boot went on last; `nil`: none did.
        var resumed: UInt32?
        /// The first slot behind all that do not read erased.
        fileprivate var end: UInt32 = 0
    }

    private var slotSizeBytes: UInt32 { max(4, map.trailer.recordSizeBytes) }
    private var slotCount: UInt32 { 3 * map.trailer.sectorCapacity * map.trailer.recordSizeBytes / slotSizeBytes }

    /// Reads up to where two slots follow each other that read erased: an append leaves one at most, see above.
    func read<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) -> Contents {
        var contents = Contents()
        for index in 0..<slotCount where index < contents.end + 2 {
            var bytes = InlineArray<4, UInt8>(repeating: 0)
            let isReadable = try flash.readIfReadable(at: address(index), into: &bytes)
            if isReadable, bytes.span.bytes.allBytes(are: map.geometry.erasedValue) { continue }
            contents.end = index + 1
            let value = bytes.span.bytes.littleEndianUInt16(at: 0)
            guard isReadable, bytes.span.bytes.littleEndianUInt16(at: 2) == Self.check(value) else { continue }
            if value <= Self.maximumStepCount {
                contents.stepsDone = max(contents.stepsDone, UInt32(value))
            } else if value < Self.requestedBase {
                contents.resumed = max(contents.resumed ?? 0, UInt32(value - Self.resumedBase))
            } else if let started = StartedSwap(logged: value) {
                contents.started = started
            } else if let type = SwapType(rawValue: UInt8(truncatingIfNeeded: value)), type != .none,
                value == Self.requestedBase + UInt16(type.rawValue)
            {
                contents.requested = type
            }
        }
        return contents
    }

    /// Makes sure that the request in the secondary's trailer stands and is of this type, whatever becomes of it.
    func append<Flash: NORFlash & ~Copyable>(_ started: StartedSwap, flash: inout Flash) throws(FlashError) {
        try append(started.logged, flash: &flash)
    }

    /// Makes sure that the request in the secondary's trailer is whole.
    func append<Flash: NORFlash & ~Copyable>(requested type: SwapType, flash: inout Flash) throws(FlashError) {
        try append(Self.requestedBase + UInt16(type.rawValue), flash: &flash)
    }

    /// Makes sure that so many steps are done.
    func append<Flash: NORFlash & ~Copyable>(stepsDone: UInt32, flash: inout Flash) throws(FlashError) {
        try append(UInt16(truncatingIfNeeded: stepsDone), flash: &flash)
    }

    /// Makes sure that the step behind so many others is not taken for done while it is done again.
    func append<Flash: NORFlash & ~Copyable>(resumedBehind steps: UInt32, flash: inout Flash) throws(FlashError) {
        try append(Self.resumedBase + UInt16(truncatingIfNeeded: steps), flash: &flash)
    }

    /// Where there is no room any more, after as many power cuts as there are slots, nothing is written.
    @inline(never)
    private func append<Flash: NORFlash & ~Copyable>(_ value: UInt16, flash: inout Flash) throws(FlashError) {
        var buffer = WriteUnitBuffer(repeating: map.geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            bytes.storeLittleEndian(value, at: 0)
            bytes.storeLittleEndian(Self.check(value), at: 2)
        }
        var written = 0
        var index = try read(flash: &flash).end
        while index < slotCount, written < 2 {
            let bytes = buffer.span.bytes.extracting(first: Int(slotSizeBytes))
            if try flash.programIfErased(at: address(index), bytes) { written += 1 }
            index += 1
        }
    }

    private func address(_ index: UInt32) -> UInt32 {
        map.secondary.offset + map.trailer.statusOffset + index * slotSizeBytes
    }

    private static func check(_ value: UInt16) -> UInt16 {
        let bytes: InlineArray<2, UInt8> = [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
        return CRC32.lowerHalf(of: bytes.span.bytes)
    }
}
