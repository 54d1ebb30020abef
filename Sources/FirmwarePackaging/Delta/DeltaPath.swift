import Foundation
import Payload

/// A change of alignment.
struct DeltaJump {
    /// In the target.
    var position: Int
    /// From there to the place in source and target, one behind the other.
    var diagonal: Int
}

/// What the next search takes for prices, in bits.
struct DeltaPrices {
    /// Of every byte of the target, if it is said in full.
    var literals: [Float]
    /// By decision: of 0 and 1, one after the other.
    var decisions: [Float]
    /// By how much what is around a place of the source moves, by place / `hintBytes`.
    var hints: [Int32?]
    static let hintBytes = 64

    /// Before anything is known.
    init(_ input: DeltaInput) {
        literals = Array(repeating: 6.5, count: input.targetCount)
        var core = DeltaCore()
        core.start(input.header)
        decisions = Self.decisions(core.model)
        hints = Array(repeating: nil, count: input.sourceCount / Self.hintBytes + 1)
    }

    func price(_ decision: Int, _ bit: Int) -> Float { decisions[2 * decision + bit] }

    /// What the tree of so many bits at `base` takes for a value.
    func price(tree base: Int, _ value: Int, bits: Int) -> Float {
        var node = 1
        var price: Float = 0
        for shift in stride(from: bits - 1, through: 0, by: -1) {
            let bit = (value >> shift) & 1
            price += self.price(base + node, bit)
            node = 2 * node + bit
        }
        return price
    }

    func price(number value: Int, _ kind: NumberKind) -> Float {
        let length = 31 - UInt32(value + 1).leadingZeroBitCount
        return price(tree: ModelLayout.number(kind), length, bits: 5) + Float(length)
    }

    fileprivate static func decisions(_ model: borrowing DeltaModel) -> [Float] {
        var prices: [Float] = []
        for index in 0..<(ModelLayout.slotCount + ModelLayout.runCount) {
            let one = min(max(model.probability(index), 1e-6), 1 - 1e-6)
            prices.append(-log2f(1 - one))
            prices.append(-log2f(one))
        }
        return prices
    }
}

extension DeltaInput {
    /// Codes the target along a path of jumps.
    ///
    /// - Throws: what the decoder would, if it did not take what is coded.
    func code<Coder: BinaryCoder>(_ jumps: [DeltaJump], _ coder: inout Coder) throws(PayloadError) {
        var core = DeltaCore()
        core.start(header)
        var history = ArrayHistory(input: self)
        var rest = jumps[...]
        while !core.isFinished { try step(&core, &rest, &coder, &history) }
    }

    /// The same without a stream: its bits, and the prices that it shows.
    func price(_ jumps: [DeltaJump], _ prices: inout DeltaPrices) throws(PayloadError) -> Float {
        var core = DeltaCore()
        core.start(header)
        var history = ArrayHistory(input: self)
        var rest = jumps[...]
        var coder = PriceCoder()
        while !core.isFinished {
            coder.skip()
            let position = core.position
            var single = PriceCoder(bitsOnly: ())
            var context = core.context
            let place = position + core.diagonal
            if core.state.isAligned, place < sourceCount + position { context.predicted = UInt32(joint[place]) }
            _ = core.model.codeLiteral(UInt32(joint[sourceCount + position]), context, learning: false, &single)
            prices.literals[position] = single.bits
            if core.state.isAligned, !core.state.isOutput, core.state.run > 8, place < sourceCount {
                prices.hints[place / DeltaPrices.hintBytes] = Int32(-core.diagonal)
            }
            try step(&core, &rest, &coder, &history)
        }
        prices.decisions = DeltaPrices.decisions(core.model)
        for (index, sum) in coder.sums.enumerated() {
            prices.decisions[index] = (sum.bits + prices.decisions[index]) / Float(sum.count + 1)
        }
        for index in prices.hints.indices {
            guard let shift = core.seenShift(at: UInt32(index * DeltaPrices.hintBytes)) else { continue }
            prices.hints[index] = shift
        }
        return coder.bits
    }

    private func step<Coder: BinaryCoder>(
        _ core: inout DeltaCore,
        _ rest: inout ArraySlice<DeltaJump>,
        _ coder: inout Coder,
        _ history: inout ArrayHistory
    ) throws(PayloadError) {
        var intent = DeltaIntent(word: targetWord(at: core.position))
        // A step of four bytes may have passed a jump: it is taken where the next step begins.
        while let jump = rest.first, jump.position <= core.position {
            intent.jump = jump.diagonal == core.diagonal && core.state.isAligned ? nil : jump.diagonal
            rest.removeFirst()
        }
        var memory = NoMemory()
        _ = try core.step(intent, &coder, &history, &memory)
    }
}
