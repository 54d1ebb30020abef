/// Numbers that each say "it is so", one after the other in write units that are programmed once: a `CommitMark` with a
/// value.
///
/// ```
/// slot, 4 bytes or a write unit where that is more:
/// u16 little-endian   the value
/// u16 little-endian   the lower half of the CRC-32 of the value and an ordinal, 1, 2 or 3
/// ```
/// Whoever finds a value, and did not write it in this run, calls ``makeSure(_:flash:)`` before anything relies on it.
/// That programs the value in three slots, with the ordinals 1, 2 and 3, the first ones behind all that do not read
/// erased:
/// - Slot 1 may be one that a power cut has left in doubt, though it reads erased. Slots 2 and 3 have never been
///   touched. So once the call returns, the value is read from then on. Not so in a sector whose own erase was cut
///   short: there every unit is in doubt, and a value may be lost.
/// - A value that is read with ordinal 3 is sure already, as 2 was programmed by an operation that returned. Nothing
///   more is written then. So power cuts cost slots only where they fall into this log itself.
/// - A torn or half-erased slot has no right checksum, and says nothing. All slots are read, and until two readings are
///   the same: neither a gap nor a wrong read hides one.
///
/// Where three cuts in a row fall into the log, and the part refuses two slots that read erased, a value may be lost.
package struct CommitLog {
    private let address: UInt32
    private let slotBytes: UInt32
    private let slotCount: UInt32

    /// The slots that one value takes.
    package static var slotsPerValue: UInt32 { 3 }

    /// A log in `byteCount` bytes from `address` on, a multiple of the write alignment.
    package init(at address: UInt32, byteCount: UInt32, writeAlignmentBytes: UInt32) {
        self.address = address
        slotBytes = Self.slotBytes(writeAlignmentBytes: writeAlignmentBytes)
        slotCount = byteCount / slotBytes
    }

    /// Bytes of a slot.
    package static func slotBytes(writeAlignmentBytes: UInt32) -> UInt32 { max(4, writeAlignmentBytes) }

    /// What a log says.
    package struct Contents: Equatable {
        /// The last value.
        package fileprivate(set) var last: UInt16?
        /// The last value of each of the 16 classes that its upper four bits are.
        fileprivate var lastOfClass = InlineArray<16, UInt16>(repeating: 0)
        /// Bit n: a value of class n was read.
        private(set) var classes: UInt16 = 0
        /// `last` was made sure of: nothing needs to be written for that.
        package fileprivate(set) var isSure = false
        /// The first slot behind all that do not read erased.
        fileprivate var end: UInt32 = 0

        /// The last value of a class: of those with these upper four bits.
        package func last(ofClass number: UInt16) -> UInt16? {
            classes & 1 << number == 0 ? nil : lastOfClass[Int(number)]
        }

        fileprivate mutating func add(_ value: UInt16, ordinal: UInt8) {
            if last != value { isSure = false }
            last = value
            lastOfClass[Int(value >> 12)] = value
            classes |= 1 << (value >> 12)
            isSure = isSure || ordinal == 3
        }

        package static func == (left: Contents, right: Contents) -> Bool {
            guard left.last == right.last, left.classes == right.classes, left.isSure == right.isSure,
                left.end == right.end
            else { return false }
            for index in 0..<16 where left.lastOfClass[index] != right.lastOfClass[index] { return false }
            return true
        }
    }

    /// Reads the log until it reads the same twice.
    @inline(never)
    package func read<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) -> Contents {
        var contents = try readOnce(flash: &flash)
        for _ in 0..<3 {
            let before = contents
            contents = try readOnce(flash: &flash)
            if contents == before { break }
        }
        return contents
    }

    /// Makes sure that the log says this from now on, and last.
    ///
    /// - Returns: `false`: there is no room any more, and nothing is sure.
    @inline(never)
    package func makeSure<Flash: NORFlash & ~Copyable>(
        _ value: UInt16,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        let contents = try read(flash: &flash)
        if contents.isSure, contents.last == value { return true }
        var index = contents.end
        var ordinal: UInt8 = 1
        while index < slotCount, UInt32(ordinal) <= Self.slotsPerValue {
            var buffer = WriteUnitBuffer(repeating: flash.geometry.erasedValue)
            do {
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                bytes.storeLittleEndian(value, at: 0)
                bytes.storeLittleEndian(Self.check(value, ordinal), at: 2)
            }
            let bytes = buffer.span.bytes.extracting(first: Int(slotBytes))
            if try flash.programIfErased(at: address + index * slotBytes, bytes) { ordinal += 1 }
            index += 1
        }
        // Two slots are enough for a value to be sure; the third is what others know it by.
        return UInt32(ordinal) >= Self.slotsPerValue
    }

    private func readOnce<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) -> Contents {
        var contents = Contents()
        for index in 0..<slotCount {
            var bytes = InlineArray<4, UInt8>(repeating: 0)
            let isReadable = try flash.readIfReadable(at: address + index * slotBytes, into: &bytes)
            if isReadable, bytes.span.bytes.allBytes(are: flash.geometry.erasedValue) { continue }
            contents.end = index + 1
            guard isReadable else { continue }
            let value = bytes.span.bytes.littleEndianUInt16(at: 0)
            let check = bytes.span.bytes.littleEndianUInt16(at: 2)
            for ordinal: UInt8 in 1...3 where check == Self.check(value, ordinal) {
                contents.add(value, ordinal: ordinal)
            }
        }
        return contents
    }

    private static func check(_ value: UInt16, _ ordinal: UInt8) -> UInt16 {
        let bytes: InlineArray<3, UInt8> = [
            UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8), ordinal,
        ]
        return CRC32.lowerHalf(of: bytes.span.bytes)
    }
}
