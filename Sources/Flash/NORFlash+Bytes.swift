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

    /// Whether bytes read the same every time: an operation that was cut short may have left bits between erased and
    /// programmed. One such bit is missed once in 32 000 times.
    package mutating func isSteady(at address: UInt32, byteCount: UInt32) throws(FlashError) -> Bool {
        var first = InlineArray<256, UInt8>(repeating: 0)
        var again = first
        var offset: UInt32 = 0
        while offset < byteCount {
            let count = Int(min(byteCount - offset, 256))
            try read(at: address + offset, count, into: &first)
            for _ in 1..<16 {
                try read(at: address + offset, count, into: &again)
                guard again.span.bytes.elementsEqual(first.span.bytes) else { return false }
            }
            offset += UInt32(count)
        }
        return true
    }

    private mutating func read(
        at address: UInt32,
        _ count: Int,
        into buffer: inout InlineArray<256, UInt8>
    ) throws(FlashError) {
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        var window = bytes.window(0..<count)
        try read(at: address, into: &window)
    }

    /// Copies into erased flash. What reads erased is not programmed: the result is the same, sooner.
    ///
    /// - Parameters:
    ///   - source: any address.
    ///   - destination: a multiple of the write alignment.
    ///   - byteCount: a multiple of the write alignment; no overlap.
    /// - Throws: what reading and programming throw.
    package mutating func copy(from source: UInt32, to destination: UInt32, byteCount: UInt32) throws(FlashError) {
        var buffer = FlashBuffer(repeating: 0)
        var offset: UInt32 = 0
        while offset < byteCount {
            let count = min(byteCount - offset, 512)
            do {
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                var window = bytes.window(0..<Int(count))
                try read(at: source + offset, into: &window)
            }
            let chunk = buffer.span.bytes.extracting(0..<Int(count))
            if !chunk.allBytes(are: geometry.erasedValue) {
                try program(at: destination + offset, chunk)
            }
            offset += count
        }
    }
}
