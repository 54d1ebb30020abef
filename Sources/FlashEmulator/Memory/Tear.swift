import SeededRandom

/// What is left of an operation when the power fails inside it.
enum Tear {
    /// The first bytes are written, and some bits of the one after them.
    static func prefix(_ target: UnsafeMutableRawBufferPointer, from bytes: UnsafeRawBufferPointer, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let whole = Int.random(in: 0..<max(target.count, 1), using: &random)
        for index in 0..<min(whole, target.count) {
            target[index] = bytes[index]
        }
        if whole < target.count {
            mix(target, whole, bytes[whole], mask: UInt8.random(in: 0...255, using: &random))
        }
    }

    /// Of all bits that differ a random share is written.
    static func subset(_ target: UnsafeMutableRawBufferPointer, from bytes: UnsafeRawBufferPointer, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let density = Int.random(in: 0..<3, using: &random)
        for index in 0..<target.count where target[index] != bytes[index] {
            mix(target, index, bytes[index], mask: mask(density, &random))
        }
    }

    /// The first bytes are erased, and some bits of the one after them.
    static func prefix(_ target: UnsafeMutableRawBufferPointer, to erasedValue: UInt8, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let whole = Int.random(in: 0..<max(target.count, 1), using: &random)
        for index in 0..<min(whole, target.count) {
            target[index] = erasedValue
        }
        if whole < target.count {
            mix(target, whole, erasedValue, mask: UInt8.random(in: 0...255, using: &random))
        }
    }

    /// Of all bits that are not erased a random share is.
    static func subset(_ target: UnsafeMutableRawBufferPointer, to erasedValue: UInt8, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let density = Int.random(in: 0..<3, using: &random)
        for index in 0..<target.count where target[index] != erasedValue {
            mix(target, index, erasedValue, mask: mask(density, &random))
        }
    }

    /// The sector is on its way to all programmed: a random share of its bits is.
    static func preprogrammed(_ target: UnsafeMutableRawBufferPointer, erasedValue: UInt8, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let density = Int.random(in: 0..<4, using: &random)
        // In the last case a single bit: a sector that is blank but for that.
        let single = Int.random(in: 0..<max(target.count, 1), using: &random)
        for index in 0..<target.count where density < 3 || index == single {
            mix(target, index, ~erasedValue, mask: density < 3 ? mask(density, &random) : 1 << UInt8(index % 8))
        }
    }

    /// Of the aligned blocks some are written.
    static func blocks(_ target: UnsafeMutableRawBufferPointer, from bytes: UnsafeRawBufferPointer, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let shift = Int.random(in: 0...6, using: &random)
        for start in stride(from: 0, to: target.count, by: 1 << shift) where Bool.random(using: &random) {
            for index in start..<min(start + (1 << shift), target.count) {
                target[index] = bytes[index]
            }
        }
    }

    /// Of the aligned blocks some are erased.
    static func blocks(_ target: UnsafeMutableRawBufferPointer, to erasedValue: UInt8, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let shift = Int.random(in: 0...6, using: &random)
        for start in stride(from: 0, to: target.count, by: 1 << shift) where Bool.random(using: &random) {
            for index in start..<min(start + (1 << shift), target.count) {
                target[index] = erasedValue
            }
        }
    }

    /// Some share of the bits that differ is written, and some of them are left in between.
    ///
    /// - Returns: the bits in between, from the start of `target`.
    static func unstable(
        _ target: UnsafeMutableRawBufferPointer,
        from bytes: UnsafeRawBufferPointer,
        seed: UInt64
    ) -> [UnstableBits.Entry] {
        unstable(target, seed: seed) { bytes[$0] }
    }

    /// Some share of the bits that are not erased is erased, and some of them are left in between.
    ///
    /// - Returns: the bits in between, from the start of `target`.
    static func unstable(
        _ target: UnsafeMutableRawBufferPointer,
        to erasedValue: UInt8,
        seed: UInt64
    ) -> [UnstableBits.Entry] {
        unstable(target, seed: seed) { _ in erasedValue }
    }

    private static func unstable(
        _ target: UnsafeMutableRawBufferPointer,
        seed: UInt64,
        wanted: (Int) -> UInt8
    ) -> [UnstableBits.Entry] {
        var random = SplitMix64(seed: seed)
        let changing = (0..<target.count).filter { target[$0] != wanted($0) }
        guard !changing.isEmpty else { return [] }
        var masks: [Int: UInt8] = [:]
        for _ in 0..<[1, 2, 6, 24][Int.random(in: 0..<4, using: &random)] {
            let offset = changing[Int.random(in: 0..<changing.count, using: &random)]
            let difference = target[offset] ^ wanted(offset)
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            // A byte of which one bit changes is not to be missed for that.
            masks[offset, default: 0] |= difference & bit != 0 ? bit : difference & (~difference &+ 1)
        }
        let share = Int.random(in: 0..<5, using: &random)
        if share > 0 {
            for offset in changing {
                mix(target, offset, wanted(offset), mask: share == 4 ? 0xFF : mask(share - 1, &random))
            }
        }
        return masks.map { UnstableBits.Entry(offset: $0.key, mask: $0.value) }.sorted { $0.offset < $1.offset }
    }

    /// Few, half or most of the bits.
    private static func mask(_ density: Int, _ random: inout SplitMix64) -> UInt8 {
        let bits = random.next()
        let first = UInt8(truncatingIfNeeded: bits)
        let second = UInt8(truncatingIfNeeded: bits >> 8)
        let third = UInt8(truncatingIfNeeded: bits >> 16)
        switch density {
        case 0: return first & second & third
        case 1: return first
        default: return first | second | third
        }
    }

    private static func mix(
        _ target: UnsafeMutableRawBufferPointer,
        _ index: Int,
        _ value: UInt8,
        mask: UInt8
    ) {
        target[index] = target[index] & ~mask | value & mask
    }
}
