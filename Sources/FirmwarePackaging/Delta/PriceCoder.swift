import Foundation
import Payload

/// Adds up what a stream would cost, in bits, and by decision.
struct PriceCoder: BinaryCoder {
    private(set) var bits: Float = 0
    /// Bits and number of decisions, by decision and whether it was 0 or 1.
    private(set) var sums: [(bits: Float, count: Int)]
    private var attributed: Float = 0

    private static let prices: [Float] = (0...4096).map { $0 == 0 ? 16 : -log2f(Float($0) / 4096) }

    init() {
        sums = Array(repeating: (0, 0), count: 2 * (ModelLayout.slotCount + ModelLayout.runCount))
    }

    /// For sums only.
    init(bitsOnly: Void) { sums = [] }

    mutating func code(_ bit: Int, probability: UInt32) -> Int {
        let chance = bit != 0 ? probability : 65536 - probability
        bits += chance < 2048 ? -log2f(Float(chance) / 65536) : Self.prices[Int(chance >> 4)]
        return bit
    }

    mutating func attribute(_ decision: @autoclosure () -> Int, _ bit: Int) {
        let index = 2 * decision() + (bit & 1)
        sums[index] = (sums[index].bits + bits - attributed, sums[index].count + 1)
        attributed = bits
    }

    /// What follows belongs to nothing that came before.
    mutating func skip() { attributed = bits }
}
