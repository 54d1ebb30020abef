/// The binary range decoder: 32 bits of range, renewed by bytes, as LZMA's; probabilities of 16 bits, or LZMA's of 11.
package struct RangeDecoder: BinaryCoder, ~Copyable {
    package static var isDecoder: Bool { true }

    var input = InputWindow()
    private var range: UInt32 = 0
    private var value: UInt32 = 0

    init() {}

    /// Reads the first bytes of a stream; `input` holds them.
    mutating func start() {
        range = 0xFFFF_FFFF
        value = 0
        for _ in 0..<4 { value = value &<< 8 | input.read() }
    }

    /// Whether LZMA's encoder has said all that it had to say.
    var isExhausted: Bool { value == 0 }

    @inline(never)
    package mutating func code(_ bit: Int, probability: UInt32) -> Int {
        take((range &>> 16) &* probability)
    }

    /// A decision by LZMA's rules: by the probability of a 0, in 1/2048, which moves by 1/32 towards what was seen.
    mutating func lzmaBit(_ probability: inout UInt16) -> Int {
        let old = UInt32(probability)
        let isZero = take((range &>> 11) &* old) != 0
        probability = UInt16(truncatingIfNeeded: isZero ? old &+ (2048 &- old) &>> 5 : old &- old &>> 5)
        return isZero ? 0 : 1
    }

    /// A bit that is 0 or 1 as often, by LZMA's rules.
    mutating func lzmaEven() -> UInt32 {
        let half = range &>> 1
        // LZMA's range loses its last bit, and 1 is the upper half.
        range = half
        let isOne = value >= half
        if isOne { value &-= half }
        renew()
        return isOne ? 1 : 0
    }

    /// 1 if the value is in the lower part, `bound` long. That is never 0 nor all, so two bytes renew the range.
    @inline(never)
    private mutating func take(_ bound: UInt32) -> Int {
        let isLower = value < bound
        if isLower {
            range = bound
        } else {
            value &-= bound
            range &-= bound
        }
        renew()
        return isLower ? 1 : 0
    }

    private mutating func renew() {
        while range < 1 << 24 {
            range = range &<< 8
            value = value &<< 8 | input.read()
        }
    }
}
