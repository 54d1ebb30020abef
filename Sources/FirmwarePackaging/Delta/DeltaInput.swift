import Payload

/// Source and target as the coder sees them.
struct DeltaInput {
    let header: DeltaHeader
    let source: [UInt8]
    /// Source, then target, calls as in a stream.
    let joint: [UInt8]
    let targetCount: Int
    /// Whether a call or an address begins at a place of the source.
    private(set) var hasItem: [Bool] = []
    var sourceCount: Int { source.count }

    init(source: [UInt8], target: [UInt8], header: DeltaHeader) {
        self.header = header
        self.source = source
        targetCount = target.count
        joint = header.isThumb ? Self.transform(source) + Self.transform(target) : source + target
        hasItem = source.indices.map { header.isThumb && neighbourhood(of: $0).item(header) != nil }
    }

    /// Four bytes, the first lowest; zeros behind the end.
    static func word(_ bytes: [UInt8], at place: Int) -> UInt32 {
        if place + 4 <= bytes.count {
            return UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
                | UInt32(bytes[place + 3]) << 24
        }
        var word: UInt32 = 0
        for (index, byte) in bytes[min(place, bytes.count)...].enumerated() {
            word |= UInt32(byte) << UInt32(8 * index)
        }
        return word
    }

    /// The image with the targets of calls instead of their displacements.
    private static func transform(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var place = 0
        while place + 4 <= bytes.count {
            let word = word(bytes, at: place)
            guard ThumbCall.matches(word) else {
                place += 2
                continue
            }
            let absolute = ThumbCall.absolute(word, at: place)
            for index in 0..<4 { result[place + index] = UInt8(truncatingIfNeeded: absolute >> UInt32(8 * index)) }
            place += 4
        }
        return result
    }

    /// The target's next four bytes.
    func targetWord(at position: Int) -> UInt32 { Self.word(joint, at: sourceCount + position) }

    /// The bytes around a place of the source.
    func neighbourhood(of place: Int) -> Neighbourhood {
        var near = Neighbourhood(place: place)
        for index in 0..<Neighbourhood.count {
            let offset = near.start + index
            if offset >= 0, offset < source.count { near[index] = UInt32(source[offset]) }
        }
        return near
    }
}

/// Source and output in memory, as the encoder looks at them.
struct ArrayHistory: DeltaHistory {
    let input: DeltaInput

    func source<Memory: PayloadMemory & ~Copyable>(
        around place: Int,
        _ memory: inout Memory
    ) throws(PayloadError) -> Neighbourhood { input.neighbourhood(of: place) }

    func output<Memory: PayloadMemory & ~Copyable>(
        at place: Int,
        _ memory: inout Memory
    ) throws(PayloadError) -> UInt32 { UInt32(input.joint[input.sourceCount + place]) }
}

/// An encoder has everything in memory.
struct NoMemory: PayloadMemory {
    func readPayload(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) { throw .unreadable }
    func readSource(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) { throw .unreadable }
    func readOutput(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) { throw .unreadable }
}
