import CoAP

/// Makes datagrams for the reader: whole messages, mutated ones, truncated ones, options at the borders of the
/// encoding, and noise.
struct DatagramGenerator {
    private var generator: MessageGenerator
    private var previous: [UInt8] = [0x40, 0x01, 0, 0]

    init(seed: UInt64) {
        generator = MessageGenerator(seed: seed)
    }

    mutating func next() -> [UInt8] {
        switch generator.random.below(16) {
        case 0...3:
            previous = generator.message().referenceEncoding()
            return previous
        case 4...9:
            return mutated(generator.message().referenceEncoding())
        case 10, 11:
            let whole = generator.message().referenceEncoding()
            return Array(whole[..<generator.random.below(whole.count + 1)])
        case 12...14:
            return borders()
        default:
            return noise()
        }
    }

    private mutating func mutated(_ whole: [UInt8]) -> [UInt8] {
        var bytes = whole
        for _ in 0...generator.random.below(4) {
            guard !bytes.isEmpty else { return bytes }
            // Mostly where the structure is, not in a long payload.
            let index = generator.random.below(generator.random.oneIn(3) ? bytes.count : min(bytes.count, 24))
            switch generator.random.below(8) {
            case 0, 1: bytes[index] ^= 1 << UInt8(generator.random.below(8))
            case 2: bytes[index] = generator.random.byte()
            case 3:
                bytes[index] = [0x00, 0x0D, 0x0E, 0x0F, 0xD0, 0xE0, 0xF0, 0xDD, 0xEE, 0xFF][generator.random.below(10)]
            case 4: bytes.insert(generator.random.byte(), at: index)
            case 5: bytes.remove(at: index)
            case 6: bytes.replaceSubrange(index..., with: previous[min(index, previous.count)...])
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }

    /// Options with nibbles 12 to 15 and extension bytes near their ends, mostly without the value they announce.
    private mutating func borders() -> [UInt8] {
        let code: UInt8 = generator.random.oneIn(6) ? generator.random.byte() : 0x01
        var bytes: [UInt8] = [0x40 | UInt8(generator.random.below(4)) << 4, code, generator.random.byte(), 0]
        for _ in 0...generator.random.below(4) {
            let delta = UInt8([0, 1, 12, 13, 14, 14, 15][generator.random.below(7)])
            let length = UInt8([0, 0, 0, 1, 12, 13, 14, 15][generator.random.below(8)])
            bytes.append(delta << 4 | length)
            bytes += extended(delta) + extended(length)
            bytes += generator.random.bytes(generator.random.oneIn(3) ? generator.random.below(14) : Int(length % 13))
        }
        return bytes
    }

    private mutating func extended(_ nibble: UInt8) -> [UInt8] {
        let border: [UInt8] = [0x00, 0x01, 0xF2, 0xF3, 0xFE, 0xFE, 0xFF]
        switch nibble {
        case 13: return [border[generator.random.below(7)]]
        case 14:
            return [
                generator.random.oneIn(3) ? 0 : border[generator.random.below(7)], border[generator.random.below(7)],
            ]
        default: return []
        }
    }

    private mutating func noise() -> [UInt8] {
        var bytes = generator.random.bytes(generator.random.below(48))
        if !bytes.isEmpty, !generator.random.oneIn(4) { bytes[0] = bytes[0] & 0x3F | 0x40 }
        return bytes
    }
}
