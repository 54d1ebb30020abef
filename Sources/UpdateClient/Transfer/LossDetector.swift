/// Which requests are lost because later ones were answered (RFC 9002 § 6.1.1).
struct LossDetector {
    /// Later answers after which a request counts as lost, at first: RFC 9002 § 6.1.1.
    static var initialThreshold: UInt32 { 3 }

    /// The latest request answered, in sending order.
    private(set) var largestAnswered: UInt32 = 0
    /// Later answers after which a request counts as lost; grows when reordering is seen.
    private(set) var threshold = LossDetector.initialThreshold

    /// No request before `next` is waited for.
    mutating func begin(next: UInt32) { largestAnswered = next - 1 }

    mutating func answered(_ sequence: UInt32) { largestAnswered = max(largestAnswered, sequence) }

    /// A request that was given up was answered after all: if later ones were answered before, be as patient as would
    /// have been needed, up to `most`.
    mutating func answeredLate(_ sequence: UInt32, most: UInt32) {
        guard sequence < largestAnswered else { return }
        threshold = min(max(threshold, largestAnswered - sequence + 1), most)
    }

    /// Whether a later request than this one was answered.
    func isPassed(_ sequence: UInt32) -> Bool { sequence < largestAnswered }

    /// Whether so many later ones were answered that this one counts as lost.
    func isLost(_ sequence: UInt32) -> Bool { sequence + threshold <= largestAnswered }
}
