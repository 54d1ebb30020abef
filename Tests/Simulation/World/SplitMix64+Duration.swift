import SeededRandom

extension SplitMix64 {
    /// A time within `range`, in seconds; whole milliseconds.
    mutating func duration(_ range: ClosedRange<Double>) -> Duration {
        .milliseconds(Int64(Double.random(in: range, using: &self) * 1000))
    }
}
