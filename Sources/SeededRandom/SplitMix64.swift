/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): the same numbers on every
/// platform for a seed. For jitter, emulators and tests; nothing it makes is secret.
public struct SplitMix64: RandomNumberGenerator, Equatable, Sendable {
    /// What the state grows by with each number.
    public static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15

    @usableFromInline var state: UInt64

    /// Numbers that depend on `seed` alone.
    @inlinable
    public init(seed: UInt64) {
        state = seed
    }

    /// 64 random bits.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= Self.gamma
        return Self.mix(state)
    }

    /// The output function: each bit of `value` changes about half of the result's.
    @inlinable @inline(__always)
    public static func mix(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

extension SplitMix64 {
    /// A whole number from 0 up to `bound`, not included. Slightly biased, which does not matter to tests.
    public mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(bound))
    }

    /// True once in `count` times.
    public mutating func oneIn(_ count: Int) -> Bool {
        below(count) == 0
    }

    /// A byte of any value.
    public mutating func byte() -> UInt8 {
        UInt8(truncatingIfNeeded: next())
    }

    /// 0 ..< 1.
    public mutating func unit() -> Double {
        Double(next() >> 11) / 0x1p53
    }

    /// True with the probability `chance`.
    public mutating func happens(_ chance: Double) -> Bool {
        unit() < chance
    }

    /// `count` bytes of any value.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in byte() }
    }
}
