/// The logistic function and its inverse in fixed point, without tables: ROM is scarcer than cycles here.
enum Logistic {
    /// The largest magnitude in the logistic domain: 8 nats of 256 steps each.
    static let limit: Int32 = 2047

    /// log2 of 1…65535 in 1/256, within 1/100: the mantissa as a line with a parabola on top.
    @inline(never)
    private static func logarithm(_ value: UInt32) -> Int32 {
        let exponent = UInt32(31 - value.leadingZeroBitCount)
        let fraction = Int32(truncatingIfNeeded: (value &<< 8) &>> exponent) & 255
        return Int32(truncatingIfNeeded: exponent &<< 8) &+ fraction &+ ((88 &* fraction &* (256 &- fraction)) &>> 16)
    }

    /// ln(p / (1 - p)) in 1/256, for a probability in 1/4096, 1…4095.
    static func stretch(_ probability: UInt32) -> Int32 {
        ((logarithm(probability) &- logarithm(4096 &- probability)) &* 177) &>> 8
    }

    /// The probability in 1/65536 for a value of the logistic domain, which is cut off at its limits.
    static func squash(_ value: Int32) -> UInt32 {
        let magnitude = min(value < 0 ? 0 &- value : value, limit)
        let power = (magnitude &* 369) &>> 8
        let fraction = power & 255
        let mantissa = UInt32(truncatingIfNeeded: 256 &+ fraction &- ((88 &* fraction &* (256 &- fraction)) &>> 16))
        let odds = mantissa &<< UInt32(truncatingIfNeeded: power &>> 8)
        let smaller = (1 << 24) / (256 &+ odds)
        return value < 0 ? smaller : 65536 &- smaller
    }
}
