/// What the delta format has learnt so far: the probabilities of everything that a stream can say.
///
/// All arithmetic is in integers and the same everywhere: encoder and decoder must agree to the bit.
package struct DeltaModel: ~Copyable {
    /// 12-bit probabilities of a 1, with 4 bits of count below. (LZMA keeps its own probabilities here.)
    var slots = InlineArray<3443, UInt16>(repeating: 0)
    /// Weights of the inputs of one decision, in 1/16384, set by set.
    private var weights = InlineArray<192, Int16>(repeating: 0)
    /// 22-bit probabilities of a 1, with 10 bits of count below: of what ends long runs.
    private var runs = InlineArray<176, UInt32>(repeating: 0)

    init() {}

    /// Forgets everything.
    mutating func start() {
        fillSlots(0x8000)
        for index in 0..<weights.count { weights[index] = 0x1000 }
        for index in 0..<ModelLayout.runCount {
            // As if seen twice.
            let exponent = UInt32(truncatingIfNeeded: RunBucket.exponent(index % RunBucket.count))
            runs[index] = ((1 << 22) &>> exponent) &<< 10 | 2
        }
    }

    mutating func fillSlots(_ value: UInt16) {
        for index in 0..<slots.count { slots[index] = value }
    }

    /// Codes a decision that is rare for long: a 1 ends a run.
    package mutating func codeRun<Coder: BinaryCoder & ~Copyable>(
        _ bit: Int,
        _ index: Int,
        _ coder: inout Coder
    ) -> Int {
        let state = runs[index]
        let old = Int32(truncatingIfNeeded: state &>> 10)
        let count = Int32(truncatingIfNeeded: state & 1023)
        let result = coder.code(bit, probability: min(max(UInt32(truncatingIfNeeded: old &>> 6), 1), 65535))
        let target: Int32 = result != 0 ? (1 << 22) - 1 : 0
        let new = old &+ Self.half(target &- old, count)
        runs[index] = UInt32(truncatingIfNeeded: new) &<< 10 | UInt32(truncatingIfNeeded: min(count &+ 1, 254))
        return result
    }

    /// What a difference moves after so many times: a half at first, then less and less.
    private static func half(_ difference: Int32, _ count: Int32) -> Int32 {
        // Never by zero, and not the lowest number.
        (difference &* 2).quotientAndRemainder(dividingBy: 2 &* count &+ 3).quotient
    }

    /// Codes a decision by one probability.
    @inline(never)
    package mutating func codeSlot<Coder: BinaryCoder & ~Copyable>(
        _ bit: Int,
        _ index: Int,
        _ coder: inout Coder
    ) -> Int {
        let probability = min(max(UInt32(slots[index] & 0xFFF0), 64), 65536 - 64)
        let result = coder.code(bit, probability: probability)
        learn(index, result)
        return result
    }

    /// Moves a probability towards what was seen: at last by 1/13.5.
    @inline(never)
    private mutating func learn(_ index: Int, _ bit: Int) {
        let state = Int32(slots[index])
        let old = state &>> 4
        let count = state & 15
        let target: Int32 = bit != 0 ? 4095 : 0
        let new = old &+ Self.half(target &- old, count)
        slots[index] = UInt16(truncatingIfNeeded: new &<< 4 | min(count &+ 1, 12))
    }

    /// Codes `value` of so many bits, most significant first, each by those before it.
    @inline(never)
    package mutating func codeTree<Coder: BinaryCoder & ~Copyable>(
        _ value: Int,
        bits: Int,
        at base: Int,
        _ coder: inout Coder
    ) -> Int {
        var node = 1
        var shift = bits
        while shift > 0 {
            shift &-= 1
            node = node &* 2 &+ codeSlot((value &>> shift) & 1, base &+ node, &coder)
        }
        return node &- 1 &<< bits
    }

    /// Codes a number below 2^23 - 1: its length, its first two bits and its last three by what was seen before, those
    /// between as they are.
    @inline(never)
    package mutating func codeNumber<Coder: BinaryCoder & ~Copyable>(
        _ value: Int,
        _ kind: NumberKind,
        _ coder: inout Coder
    ) -> Int {
        let base = ModelLayout.number(kind)
        // One more than the number: a 1 and `length` bits.
        let plus = UInt32(truncatingIfNeeded: value &+ 1)
        let length = min(codeTree(31 &- plus.leadingZeroBitCount, bits: 5, at: base, &coder), 23)
        var result = 1
        var node = 1
        var left = length
        while left > 0 {
            left &-= 1
            let bit = Int(truncatingIfNeeded: (plus &>> UInt32(truncatingIfNeeded: left)) & 1)
            let coded: Int
            if length &- left <= 2 {
                coded = codeSlot(bit, base &+ 31 &+ length &* 2 &+ (length &- left), &coder)
            } else if left < 3 {
                coded = codeSlot(bit, base &+ 80 &+ node, &coder)
                node = node &* 2 &+ coded
            } else {
                coded = coder.code(bit, probability: 1 << 15)
            }
            result = result &* 2 &+ coded
        }
        return result &- 1
    }

    /// Codes a decision by five probabilities, weighted in the logistic domain by how well each has done so far.
    @inline(never)
    mutating func codeMixed<Coder: BinaryCoder & ~Copyable>(
        _ bit: Int,
        _ index: InlineArray<5, Int>,
        set: Int,
        learning: Bool = true,
        _ coder: inout Coder
    ) -> Int {
        // The last one is constant.
        var inputs = InlineArray<6, Int32>(repeating: 256)
        let base = set &* ModelLayout.inputs
        var sum: Int32 = 0
        for input in 0..<ModelLayout.inputs {
            if input < 5 {
                inputs[input] = Logistic.stretch(min(max(UInt32(slots[index[input]] &>> 4), 1), 4095))
            }
            // At most 2^11 by 2^15, six times: no overflow.
            sum = sum &+ (inputs[input] &* Int32(weights[base &+ input])) &>> 14
        }
        let probability = min(max(Logistic.squash(sum), 32), 65504)
        let result = coder.code(bit, probability: probability)
        guard learning else { return result }
        let error = ((result != 0 ? 65536 : 0) &- Int32(truncatingIfNeeded: probability)) &>> 4
        for input in 0..<ModelLayout.inputs {
            // At most 2^11 by 2^12 by 8.
            let step = (inputs[input] &* error &* 8 &+ 0x8000) &>> 16
            let weight = Int32(weights[base &+ input]) &+ step
            weights[base &+ input] = Int16(truncatingIfNeeded: min(max(weight, -32768), 32767))
            if input < 5 { learn(index[input], result) }
        }
        return result
    }

    /// The present probability of a 1, for prices; slots first, then runs.
    package func probability(_ index: Int) -> Float {
        index < ModelLayout.slotCount
            ? Float(slots[index] >> 4) / 4096
            : Float(runs[index - ModelLayout.slotCount] >> 10) / Float(1 << 22)
    }
}
