/// The start of a delta payload.
///
/// ```
/// offset  size  field
///  0      1     0x10, version 1, and options: 1 source, 2 Thumb, 4 base, 8 RAM
///  1      1–4   outputBytes
///  …      1–4   sourceBytes                   option source: the payload is made against an image of this size
///  …      1–4   base / 256                    option base: the address that the image runs at; else 0
///  …      1–4   ramBase / 4096                option RAM: where RAM begins that addresses in the image point to
///  …      1–4   ramBytes / 4096               option RAM
///  …      …     the coded stream, to the end of the payload
/// ```
///
/// Numbers have seven bits per byte, lowest first, the high bit set in all bytes but the last; no needless zero bytes.
/// The options base and RAM mean nothing without Thumb. The stream begins with the first four bytes of the range
/// coder's value, highest first.
package struct DeltaHeader: Equatable, Sendable {
    package static let version: UInt8 = 1
    /// No more than what fits the numbers of the stream and the reach of calls.
    package static let maximumBytes: UInt32 = 4 << 20

    package enum Option {
        package static let source: UInt8 = 1
        package static let thumb: UInt8 = 2
        package static let base: UInt8 = 4
        package static let ram: UInt8 = 8
    }

    package var outputBytes: UInt32
    /// 0: none.
    package var sourceBytes: UInt32
    package var isThumb: Bool
    /// A multiple of 256.
    package var base: UInt32
    /// A multiple of 4096.
    package var ramBase: UInt32
    /// A multiple of 4096; 0: none.
    package var ramBytes: UInt32

    package init(
        outputBytes: UInt32,
        sourceBytes: UInt32,
        isThumb: Bool = false,
        base: UInt32 = 0,
        ramBase: UInt32 = 0,
        ramBytes: UInt32 = 0
    ) {
        self.outputBytes = outputBytes
        self.sourceBytes = sourceBytes
        self.isThumb = isThumb
        self.base = base
        self.ramBase = ramBase
        self.ramBytes = ramBytes
    }

    /// Reads what follows the first byte; `input` holds as many bytes as there can be.
    init(options first: UInt8, reading input: inout InputWindow) throws(PayloadError) {
        // In the order of the fields: which option each is of.
        let options: InlineArray<5, UInt8> = [0, Option.source, Option.base, Option.ram, Option.ram]
        var numbers = InlineArray<5, UInt32>(repeating: 0)
        for index in 0..<5 where options[index] & ~first == 0 { numbers[index] = try Self.number(&input) }
        self.init(
            outputBytes: numbers[0],
            sourceBytes: numbers[1],
            isThumb: first & Option.thumb != 0,
            base: numbers[2] &<< 8,
            ramBase: numbers[3] &<< 12,
            ramBytes: numbers[4] &<< 12
        )
        guard outputBytes <= Self.maximumBytes, sourceBytes <= Self.maximumBytes,
            sourceBytes > 0 || first & Option.source == 0, isThumb || first & (Option.base | Option.ram) == 0,
            numbers[2] < 1 << 24, numbers[3] < 1 << 20,
            numbers[4] <= 1 << 12
        else { throw .badHeader }
    }

    /// A number of at most 28 bits.
    private static func number(_ input: inout InputWindow) throws(PayloadError) -> UInt32 {
        var result: UInt32 = 0
        var shift: UInt32 = 0
        while shift < 28 {
            let byte = input.read()
            guard input.overrunBytes == 0 else { throw .truncatedHeader }
            result |= (byte & 127) &<< shift
            if byte < 128 {
                guard byte != 0 || shift == 0 else { throw .badHeader }
                return result
            }
            shift += 7
        }
        throw .badHeader
    }
}
