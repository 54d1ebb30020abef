/// RTT estimates (RFC 9002 § 5, RFC 6298). Every attempt has its own token, so no sample is ambiguous.
struct RoundTripEstimator {
    /// Weights of one sample, as divisors: RFC 6298 § 2.3.
    private static var smoothing: Microseconds { 8 }
    private static var variationSmoothing: Microseconds { 4 }
    /// Variation assumed of a first sample, as divisors of it: RFC 6298 § 2.2, and less if it was expected.
    private static var firstVariation: Microseconds { 2 }
    private static var expectedVariation: Microseconds { 4 }
    /// Variations that an answer may be late by: RFC 6298 § 2.3.
    private static var variations: Microseconds { 4 }
    /// An answer may be late by a round trip over this, however steady they are: RFC 9002 § 6.1.2, kTimeThreshold.
    private static var lateness: Microseconds { 8 }
    /// Microseconds: a server's thread may be away for so long.
    private static var leastProbeMargin: Microseconds { 10_000 }
    /// Microseconds: RFC 9002 § 6.1.2, kGranularity.
    private static var granularity: Microseconds { 1_000 }

    private(set) var hasSample = false
    private(set) var smoothed: Microseconds = 0
    private(set) var variation: Microseconds = 0
    private(set) var latest: Microseconds = 0

    /// `expected` is what was measured otherwise, as by the handshake: if the first sample agrees with that, less
    /// variation is assumed than for a first sample alone.
    mutating func add(_ sample: Microseconds, expected: Microseconds?) {
        latest = sample
        guard hasSample else {
            hasSample = true
            smoothed = sample
            let unexpected = expected.map { abs(sample - $0) } ?? .max
            variation = min(sample / Self.firstVariation, max(sample / Self.expectedVariation, unexpected))
            return
        }
        let deviation = abs(smoothed - sample)
        variation += (deviation - variation) / Self.variationSmoothing
        smoothed += (sample - smoothed) / Self.smoothing
    }

    /// When an answer is overdue, after its request; nil: nothing measured.
    var probeTimeout: Microseconds? {
        guard hasSample else { return nil }
        return max(smoothed, latest) + max(Self.variations * variation, smoothed / Self.lateness, Self.leastProbeMargin)
    }

    /// When an answer is overdue, after its request, once a later request was answered (RFC 9002 § 6.1.2).
    var lossDelay: Microseconds {
        let basis = max(smoothed, latest)
        return basis + max(basis / Self.lateness, Self.granularity)
    }
}
