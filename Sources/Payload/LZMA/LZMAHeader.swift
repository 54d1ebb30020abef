/// The header of the .lzma format, 13 bytes (`xz --format=lzma`, liblzma's `lzma_alone_encoder`).
///
/// ```
/// offset  size  field
///  0      1     lc + 9 * (lp + 5 * pb); here lc + lp ≤ 1
///  1      4     dictionary size, little endian: of no interest, the output is the dictionary
///  5      8     size of the output, little endian; all ones: an end marker follows it
/// 13      …     the stream; its first byte is zero
/// ```
struct LZMAHeader {
    /// High bits of the byte before, low bits of the place, that choose a literal's probabilities.
    private(set) var literalContextBits = 0
    private(set) var literalPositionBits = 0
    private(set) var positionBits = 0
    /// nil: up to the end marker.
    private(set) var outputBytes: UInt32?

    init() {}

    /// Reads what follows the first byte, and the first of the stream.
    init(properties: UInt8, reading input: inout InputWindow) throws(PayloadError) {
        let rest = Int(properties) / 9
        literalContextBits = Int(properties) % 9
        literalPositionBits = rest % 5
        positionBits = rest / 5
        guard positionBits <= 4, literalContextBits &+ literalPositionBits <= 1 else {
            throw .unknownFormat(properties)
        }
        _ = Self.word(&input)
        let low = Self.word(&input)
        let high = Self.word(&input)
        let first = input.read()
        guard input.overrunBytes == 0 else { throw .truncatedHeader }
        if low & high != .max {
            guard high == 0 else { throw .tooLarge(outputBytes: .max, maximumBytes: .max) }
            outputBytes = low
        }
        guard first == 0 else { throw .badHeader }
    }

    private static func word(_ input: inout InputWindow) -> UInt32 {
        var word: UInt32 = 0
        for _ in 0..<4 { word = word &>> 8 | input.read() &<< 24 }
        return word
    }
}
