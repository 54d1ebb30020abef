/// Decodes a .lzma stream (LZMA1) whose literals have at most one bit of context, symbol by symbol.
///
/// The output is the dictionary, read back from flash: RAM does not depend on the dictionary's size.
struct LZMACore {
    private var header = LZMAHeader()
    private var maximumBytes: UInt32 = 0
    private var state = 0
    /// The last four distances, less 1.
    private var distances = InlineArray<4, UInt32>(repeating: 0)
    /// What is left of the present match.
    private var matchBytes: UInt32 = 0
    private(set) var isFinished = false

    /// Begins a stream.
    mutating func start(_ header: LZMAHeader, maximumOutputBytes: UInt32) {
        self = LZMACore()
        self.header = header
        maximumBytes = header.outputBytes ?? maximumOutputBytes
    }

    /// Decodes one byte, or sees that the end is reached and is a right one.
    mutating func step<Memory: PayloadMemory & ~Copyable>(
        _ model: inout DeltaModel,
        _ coder: inout RangeDecoder,
        _ history: inout FlashHistory,
        _ memory: inout Memory
    ) throws(PayloadError) -> UInt32? {
        let position = UInt32(truncatingIfNeeded: history.position)
        if matchBytes > 0 {
            matchBytes &-= 1
            return try output(&history, &memory)
        }
        if position == header.outputBytes, coder.input.isAtEnd, coder.isExhausted {
            isFinished = true
            return nil
        }
        let positionState = Int(truncatingIfNeeded: position) & (1 &<< header.positionBits &- 1)
        let isMatch = LZMALayout.isMatch &+ state &* LZMALayout.positionStates &+ positionState
        var literal: UInt32?
        if Self.bit(&model, &coder, isMatch) == 0 {
            literal = try decodeLiteral(&model, &coder, &history, &memory)
        } else {
            matchBytes = decodeMatch(&model, &coder, positionState)
            isFinished = distances[0] == .max
            guard isFinished || distances[0] < position else { throw .badReference }
        }
        guard coder.input.overrunBytes == 0 else { throw .truncated }
        if isFinished {
            guard header.outputBytes == nil || header.outputBytes == position else { throw .truncated }
            guard coder.input.isAtEnd, coder.isExhausted else { throw .trailingBytes }
            return nil
        }
        let count = literal == nil ? matchBytes : 1
        guard count <= maximumBytes &- position else {
            throw header.outputBytes == nil
                ? .tooLarge(outputBytes: position &+ count, maximumBytes: maximumBytes) : .trailingBytes
        }
        if literal == nil {
            matchBytes &-= 1
            literal = try output(&history, &memory)
        }
        return literal
    }

    private mutating func decodeLiteral<Memory: PayloadMemory & ~Copyable>(
        _ model: inout DeltaModel,
        _ coder: inout RangeDecoder,
        _ history: inout FlashHistory,
        _ memory: inout Memory
    ) throws(PayloadError) -> UInt32 {
        let before = history.position > 0 ? Int(truncatingIfNeeded: history.recentByte(back: 1)) : 0
        let low = (history.position & (1 &<< header.literalPositionBits &- 1)) &<< header.literalContextBits
        let context = low &+ before &>> (8 &- header.literalContextBits)
        let base = LZMALayout.literal &+ context &* LZMALayout.literalSize
        var node = 1
        // Behind a match, the byte that would have continued it is a context until a bit is not as in it.
        var offset = state >= 7 ? 0x100 : 0
        var matched = offset != 0 ? Int(truncatingIfNeeded: try output(&history, &memory)) : 0
        while node < 0x100 {
            matched = matched &<< 1
            let index = base &+ offset &+ (matched & offset) &+ node
            let bit = Self.bit(&model, &coder, index)
            node = node &* 2 &+ bit
            offset &= bit != 0 ? matched : ~matched
        }
        state = state < 4 ? 0 : state < 10 ? state &- 3 : state &- 6
        return UInt32(truncatingIfNeeded: node & 255)
    }

    /// A match: its length; the distance is then the last one.
    private mutating func decodeMatch(
        _ model: inout DeltaModel,
        _ coder: inout RangeDecoder,
        _ positionState: Int
    ) -> UInt32 {
        if Self.bit(&model, &coder, LZMALayout.isRep &+ state) == 0 {
            let length = decodeLength(&model, &coder, LZMALayout.matchLength, positionState)
            remember(decodeDistance(&model, &coder, length), from: 3)
            state = state < 7 ? 7 : 10
            return length
        }
        if Self.bit(&model, &coder, LZMALayout.isRep0 &+ state) == 0 {
            let index = LZMALayout.isRep0Long &+ state &* LZMALayout.positionStates &+ positionState
            if Self.bit(&model, &coder, index) == 0 {
                state = state < 7 ? 9 : 11
                return 1
            }
        } else {
            var last = 1
            if Self.bit(&model, &coder, LZMALayout.isRep1 &+ state) != 0 {
                last = 2 &+ Self.bit(&model, &coder, LZMALayout.isRep2 &+ state)
            }
            remember(distances[last], from: last)
        }
        let length = decodeLength(&model, &coder, LZMALayout.repLength, positionState)
        state = state < 7 ? 8 : 11
        return length
    }

    /// Makes a distance the last one; it was at `place` before, or is new.
    private mutating func remember(_ distance: UInt32, from place: Int) {
        var index = place
        while index > 0 {
            distances[index] = distances[index &- 1]
            index &-= 1
        }
        distances[0] = distance
    }

    /// 2…273.
    @inline(never)
    private func decodeLength(
        _ model: inout DeltaModel,
        _ coder: inout RangeDecoder,
        _ base: Int,
        _ positionState: Int
    ) -> UInt32 {
        var start = base &+ LZMALayout.low &+ positionState &* 8
        var bits = 3
        var least: UInt32 = 2
        if Self.bit(&model, &coder, base &+ LZMALayout.choice) != 0 {
            start &+= LZMALayout.middle - LZMALayout.low
            least = 10
            if Self.bit(&model, &coder, base &+ LZMALayout.choice2) != 0 {
                start = base &+ LZMALayout.high
                bits = 8
                least = 18
            }
        }
        return least &+ Self.tree(&model, &coder, start, bits)
    }

    /// The distance less 1; all ones is the end marker.
    private func decodeDistance(
        _ model: inout DeltaModel,
        _ coder: inout RangeDecoder,
        _ length: UInt32
    ) -> UInt32 {
        let group = Int(truncatingIfNeeded: min(length, 5)) &- 2
        let slot = Self.tree(&model, &coder, LZMALayout.distanceSlot &+ group &* 64, 6)
        if slot < 4 { return slot }
        let bits = Int(truncatingIfNeeded: slot &>> 1) &- 1
        var high = 2 | slot & 1
        if slot < 14 {
            high = high &<< UInt32(truncatingIfNeeded: bits)
            let base = LZMALayout.distanceSpecial &+ Int(truncatingIfNeeded: high &- slot)
            return high | Self.reverseTree(&model, &coder, base, bits)
        }
        for _ in 4..<bits { high = high &<< 1 | coder.lzmaEven() }
        return high &<< 4 | Self.reverseTree(&model, &coder, LZMALayout.distanceAlign, 4)
    }

    /// A decision by the probability at `index`.
    @inline(never)
    private static func bit(_ model: inout DeltaModel, _ coder: inout RangeDecoder, _ index: Int) -> Int {
        coder.lzmaBit(&model.slots[index])
    }

    /// So many bits, highest first.
    @inline(never)
    private static func tree(
        _ model: inout DeltaModel,
        _ coder: inout RangeDecoder,
        _ base: Int,
        _ bits: Int
    ) -> UInt32 {
        var node = 1
        for _ in 0..<bits { node = node &* 2 &+ Self.bit(&model, &coder, base &+ node) }
        return UInt32(truncatingIfNeeded: node &- 1 &<< bits)
    }

    /// So many bits, lowest first.
    @inline(never)
    private static func reverseTree(
        _ model: inout DeltaModel,
        _ coder: inout RangeDecoder,
        _ base: Int,
        _ bits: Int
    ) -> UInt32 {
        var node = 1
        var result: UInt32 = 0
        for index in 0..<bits {
            let bit = Self.bit(&model, &coder, base &+ node)
            node = node &* 2 &+ bit
            result |= UInt32(truncatingIfNeeded: bit) &<< UInt32(truncatingIfNeeded: index)
        }
        return result
    }

    /// The byte at the last distance, which is less than the position.
    @inline(never)
    private func output<Memory: PayloadMemory & ~Copyable>(
        _ history: inout FlashHistory,
        _ memory: inout Memory
    ) throws(PayloadError) -> UInt32 {
        try history.output(at: history.position &- 1 &- Int(truncatingIfNeeded: distances[0]), &memory)
    }
}
