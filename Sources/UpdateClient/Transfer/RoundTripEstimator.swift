/// RTT estimates (RFC 9002 § 5, RFC 6298). Every attempt has its own token, so no sample is ambiguous.
struct RoundTripEstimator {
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
            variation = min(sample / 2, max(sample / 4, expected.map { abs(sample - $0) } ?? .max))
            return
        }
        let deviation = abs(smoothed - sample)
        variation += (deviation - variation) / 4
        smoothed += (sample - smoothed) / 8
    }

    /// When an answer is overdue, after its request; nil: nothing measured.
    var probeTimeout: Microseconds? {
        guard hasSample else { return nil }
        return max(smoothed, latest) + max(4 * variation, smoothed / 8, 10_000)
    }

    /// When an answer is overdue, after its request, once a later request was answered (RFC 9002 § 6.1.2).
    var lossDelay: Microseconds {
        let basis = max(smoothed, latest)
        return basis + max(basis / 8, 1_000)
    }
}
