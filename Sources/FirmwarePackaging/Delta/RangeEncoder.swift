import Payload

/// The range encoder that `RangeDecoder` undoes.
struct RangeEncoder: BinaryCoder {
    private(set) var bytes: [UInt8]
    private var low: UInt64 = 0
    private var range: UInt32 = 0xFFFF_FFFF
    /// The last byte that a carry can still reach, and how many 0xFF follow it; nil before the first.
    private var held: UInt8?
    private var heldOnes = 0

    /// Begins a stream behind `header`.
    init(header: [UInt8]) { bytes = header }

    mutating func code(_ bit: Int, probability: UInt32) -> Int {
        let bound = (range >> 16) * probability
        if bit != 0 {
            range = bound
        } else {
            low += UInt64(bound)
            range -= bound
        }
        while range < 1 << 24 {
            range <<= 8
            shiftOut()
        }
        return bit
    }

    /// Ends the stream. One more byte than was sure is enough: a range of 2^24 or more holds a multiple of 2^24, and
    /// the decoder reads zeros behind the end.
    mutating func finish() {
        low = (low + 0x00FF_FFFF) & ~0x00FF_FFFF
        shiftOut()
        shiftOut()
    }

    /// Moves the highest byte of `low` out, as soon as no carry can change it.
    private mutating func shiftOut() {
        let carry = UInt8(truncatingIfNeeded: low >> 32)
        if low < 0xFF00_0000 || carry != 0 {
            if let held { bytes.append(held &+ carry) }
            bytes.append(contentsOf: repeatElement(0xFF &+ carry, count: heldOnes))
            heldOnes = 0
            held = UInt8(truncatingIfNeeded: low >> 24)
        } else {
            heldOnes += 1
        }
        low = (low & 0x00FF_FFFF) << 8
    }
}
