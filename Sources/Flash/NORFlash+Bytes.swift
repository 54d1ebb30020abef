/// What boot code copies through: a multiple of every write unit, on the stack.
package typealias FlashBuffer = InlineArray<512, UInt8>

/// Room for any write unit.
package typealias WriteUnitBuffer = InlineArray<256, UInt8>

extension NORFlash where Self: ~Copyable {
    /// Reads as many bytes as the array has.
    package mutating func read<let count: Int>(
        at address: UInt32,
        into buffer: inout InlineArray<count, UInt8>
    ) throws(FlashError) {
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        try read(at: address, into: &bytes)
    }

    /// Reads one byte.
    package mutating func readByte(at address: UInt32) throws(FlashError) -> UInt8 {
        var buffer = InlineArray<1, UInt8>(repeating: 0)
        try read(at: address, into: &buffer)
        return buffer[0]
    }

    /// Copies a sector, and compares: a wrong read must not become a wrong image. Tried twice; what is wrong then is
    /// not there to be copied, or cannot be kept here, and the image's digest will tell.
    ///
    /// - Parameters:
    ///   - destination: the address of a sector, which is erased first.
    ///   - source: any address.
    ///   - byteCount: of that sector; a multiple of the write alignment, no overlap.
    /// - Throws: what erasing, reading and programming throw. A source that cannot be read is copied as it can be.
    package mutating func replaceSector(at destination: UInt32, by source: UInt32, byteCount: UInt32) throws(FlashError)
    {
        for _ in 0..<2 {
            feedWatchdog()
            try erase(sectorAt: destination)
            if try copy(from: source, to: destination, byteCount: byteCount) { return }
        }
    }

    /// Copies into erased flash. What reads erased is not programmed: the result is the same, sooner.
    ///
    /// - Returns: whether both read the same afterwards.
    private mutating func copy(
        from source: UInt32,
        to destination: UInt32,
        byteCount: UInt32
    ) throws(FlashError) -> Bool {
        var chunk = InlineArray<256, UInt8>(repeating: 0)
        var copied = chunk
        var isEqual = true
        var offset: UInt32 = 0
        while offset < byteCount {
            feedWatchdog()
            let count = Int(min(byteCount - offset, 256))
            isEqual = try read(at: source + offset, count, into: &chunk) && isEqual
            let bytes = chunk.span.bytes.extracting(first: count)
            if !bytes.allBytes(are: geometry.erasedValue) { try program(at: destination + offset, bytes) }
            offset += UInt32(count)
        }
        offset = 0
        while offset < byteCount, isEqual {
            feedWatchdog()
            let count = Int(min(byteCount - offset, 256))
            isEqual = try read(at: source + offset, count, into: &chunk)
            isEqual = try read(at: destination + offset, count, into: &copied) && isEqual
            let bytes = chunk.span.bytes.extracting(first: count)
            isEqual = isEqual && bytes.elementsEqual(copied.span.bytes.extracting(first: count))
            offset += UInt32(count)
        }
        return isEqual
    }

    /// - Returns: `false`: some unit cannot be read; the array is then as it was.
    private mutating func read(
        at address: UInt32,
        _ count: Int,
        into buffer: inout InlineArray<256, UInt8>
    ) throws(FlashError) -> Bool {
        do throws(FlashError) {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            var window = bytes.window(0..<count)
            try read(at: address, into: &window)
            return true
        } catch {
            guard case .io = error else { throw error }
            return false
        }
    }
}
