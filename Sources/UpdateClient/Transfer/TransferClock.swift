/// Time inside the engine: whole microseconds, since `Duration`'s 128-bit arithmetic is costly on a microcontroller.
typealias Microseconds = Int64

extension Duration {
    /// Whole microseconds, at most about 292 000 years either way; more is clamped.
    var clampedMicroseconds: Microseconds {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        // A quarter of the range leaves room for sums of two.
        let limit = Microseconds.max / 4
        guard !overflow, whole < limit, whole > -limit else { return seconds < 0 ? -limit : limit }
        return whole + attoseconds / 1_000_000_000_000
    }
}

/// A small generator (xorshift64*) for tokens and jitter: neither needs to be secret under DTLS, both must differ.
struct TransferRandom {
    private var state: UInt64

    init(seed: UInt64) {
        // One round of SplitMix64, so that small seeds differ in every bit; xorshift must not start at 0.
        var mixed = seed &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        state = mixed == 0 ? 1 : mixed
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// `value` and up to a quarter more.
    mutating func jittered(_ value: Microseconds) -> Microseconds {
        guard value > 3 else { return value }
        return value + Microseconds(truncatingIfNeeded: next() % UInt64(value / 4 + 1))
    }
}
