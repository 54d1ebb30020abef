import SeededRandom

/// One read that is wrong once: a bit of it, as by noise on the way. The flash itself is as it was.
public struct Misread: Equatable, Sendable {
    /// Reads until then: 0 is the next one.
    public var readsLeft: UInt64
    /// Decides which bit.
    public var seed: UInt64

    /// See the properties.
    public init(readsLeft: UInt64, seed: UInt64) {
        self.readsLeft = readsLeft
        self.seed = seed
    }
}

extension Misread? {
    /// Counts a read, and does what is planned for it.
    mutating func disturb(_ buffer: UnsafeMutableRawBufferPointer) {
        guard var misread = self, !buffer.isEmpty else { return }
        guard misread.readsLeft == 0 else {
            misread.readsLeft -= 1
            self = misread
            return
        }
        self = nil
        var random = SplitMix64(seed: misread.seed)
        let offset = Int.random(in: 0..<buffer.count, using: &random)
        buffer[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
}
