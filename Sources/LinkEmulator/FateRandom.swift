import SeededRandom

/// Random numbers by datagram and by question, so that one more question asked of a datagram never changes the answer
/// to another: each question has its own SplitMix64 sequence, read at the datagram's number.
struct FateRandom: Sendable {
    /// The questions that are asked of a datagram.
    enum Question: UInt64 {
        case loss
        case duplicate
        case reorder
        case holdBack
        case jitter
        case duplicateJitter
        case corrupt
        case corruptedByte
        case corruptionMask
    }

    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = SplitMix64.mix(seed &+ SplitMix64.gamma)
    }

    /// 64 random bits, the same for the same seed, question and datagram.
    @inline(__always)
    func draw(_ question: Question, datagram: UInt64) -> UInt64 {
        let start = SplitMix64.mix(seed ^ (question.rawValue &+ 1) &* 0xD6E8_FEB8_6659_FD93)
        return SplitMix64.mix(start &+ datagram &* SplitMix64.gamma)
    }

    /// A whole number from 0 to `maximum`.
    @inline(__always)
    func draw(_ question: Question, datagram: UInt64, upTo maximum: Int64) -> Int64 {
        Int64(draw(question, datagram: datagram).multipliedFullWidth(by: UInt64(max(0, maximum)) + 1).high)
    }

    /// Seeds for things that must not share their random numbers.
    static func derivedSeed(_ seed: UInt64, _ index: UInt64) -> UInt64 {
        SplitMix64.mix(SplitMix64.mix(seed) &+ index &* SplitMix64.gamma)
    }
}

/// A probability as a whole number, so that a decision is one comparison and the same on every machine.
struct Chance: Sendable {
    /// 0 … 2^53.
    private let threshold: UInt64

    /// - Parameter probability: 0 … 1.
    init(_ probability: Double) {
        threshold = UInt64(min(max(probability, 0), 1) * 0x1p53)
    }

    var isZero: Bool { threshold == 0 }

    @inline(__always)
    func happens(_ random: UInt64) -> Bool { random >> 11 < threshold }
}
