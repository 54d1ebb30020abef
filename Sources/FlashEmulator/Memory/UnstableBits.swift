import SeededRandom

/// Bits that a torn operation left between erased and programmed.
///
/// Each of them reads 0 or 1 at every read, one as likely as the other and independent of earlier reads. It stays so
/// until its sector is erased whole, or until the bit is programmed (programming only what is to stay erased changes
/// nothing).
public struct UnstableBits: Equatable, Sendable {
    /// The bits in one byte.
    public struct Entry: Equatable, Sendable {
        /// From the start of the flash.
        public var offset: Int
        /// 1 where the bit is unstable.
        public var mask: UInt8
    }

    /// In order of their offsets.
    public private(set) var entries: [Entry] = []
    private var random = SplitMix64(seed: 0)

    /// Whether all bits are stable.
    public var isEmpty: Bool { entries.isEmpty }

    /// Whether some bit of these bytes is one.
    public func overlaps(_ range: Range<Int>) -> Bool {
        entries.contains { range.contains($0.offset) }
    }

    mutating func insert(_ new: [Entry], at start: Int, seed: UInt64) {
        for entry in new {
            let offset = start + entry.offset
            if let index = entries.firstIndex(where: { $0.offset == offset }) {
                entries[index].mask |= entry.mask
            } else {
                entries.append(Entry(offset: offset, mask: entry.mask))
            }
        }
        entries.sort { $0.offset < $1.offset }
        random = SplitMix64(seed: seed)
    }

    mutating func settle(_ range: Range<Int>) {
        guard !entries.isEmpty else { return }
        entries.removeAll { range.contains($0.offset) }
    }

    mutating func program(_ bytes: UnsafeRawBufferPointer, at start: Int, erasedValue: UInt8) {
        for index in entries.indices where start..<start + bytes.count ~= entries[index].offset {
            entries[index].mask &= ~(bytes[entries[index].offset - start] ^ erasedValue)
        }
        entries.removeAll { $0.mask == 0 }
    }

    mutating func disturb(_ buffer: UnsafeMutableRawBufferPointer, readAt start: Int) {
        for entry in entries where start..<start + buffer.count ~= entry.offset {
            buffer[entry.offset - start] ^= entry.mask & UInt8(truncatingIfNeeded: random.next())
        }
    }
}

/// What reading does to the cells around: after so many reads of a sector since its erase, some bit of it reads
/// programmed that was erased.
public struct ReadDisturb: Equatable, Sendable {
    /// Reads of a sector, whatever their length, for one more bit.
    public var readsPerBit: UInt32
    /// Decides which bit.
    public var seed: UInt64

    /// A disturbance of this rate.
    public init(readsPerBit: UInt32, seed: UInt64 = 0) {
        self.readsPerBit = readsPerBit
        self.seed = seed
    }
}
