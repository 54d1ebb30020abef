/// What is known about the byte that comes next.
package struct ByteContext {
    /// The four bytes before, the last one lowest.
    package var previous: UInt32
    /// What the alignment says; 256: nothing, there is none.
    package var predicted: UInt32
    /// Of its place: 0 even, 1 odd. Thumb instructions are halfwords.
    package var parity: UInt32

    package init(previous: UInt32, predicted: UInt32, parity: UInt32) {
        self.previous = previous
        self.predicted = predicted
        self.parity = parity
    }

    var last: UInt32 { previous & 255 }
    var second: UInt32 { (previous &>> 8) & 255 }
    var third: UInt32 { (previous &>> 16) & 255 }
    var hasPrediction: Bool { predicted < 256 }
}

extension DeltaModel {
    /// Codes a byte, bit by bit, by the byte before, the two before, the one before that, and the one predicted.
    package mutating func codeLiteral<Coder: BinaryCoder & ~Copyable>(
        _ byte: UInt32,
        _ context: ByteContext,
        learning: Bool = true,
        _ coder: inout Coder
    ) -> UInt32 {
        let h1 = Self.hash(context.last &<< 1 | context.parity, 1)
        let h2 = Self.hash((context.second &>> 3) &<< 9 | (context.last &>> 3) &<< 1 | context.parity, 2)
        let h3 = Self.hash(context.second &<< 1 | context.parity, 3)
        let h4 =
            context.hasPrediction
            ? Self.hash(context.predicted, 4) : Self.hash(context.third &<< 16 | context.second &<< 8, 5)
        var agrees = context.hasPrediction
        var node: UInt32 = 1
        var shift: UInt32 = 8
        while shift > 0 {
            shift &-= 1
            let salt = Self.hash(node, 0)
            let index: InlineArray<5, Int> = [
                ModelLayout.order0 &+ Int(truncatingIfNeeded: context.parity &<< 8 | node),
                Self.literalSlot(h1 &+ salt), Self.literalSlot(h2 &+ salt),
                Self.literalSlot(h3 &+ salt), Self.literalSlot(h4 &+ salt),
            ]
            let certainty = agrees ? 0 : context.hasPrediction ? 8 : 16
            let set =
                ModelLayout.literalSets &+ certainty
                &+ Int(truncatingIfNeeded: shift &>> 1 | context.parity &<< 2)
            let wanted = Int(truncatingIfNeeded: (byte &>> shift) & 1)
            let bit = codeMixed(wanted, index, set: set, learning: learning, &coder)
            if UInt32(truncatingIfNeeded: bit) != (context.predicted &>> shift) & 1 { agrees = false }
            node = node &<< 1 | UInt32(truncatingIfNeeded: bit)
        }
        return node & 255
    }

    /// Codes whether the byte is as predicted (0) or not (1).
    package mutating func codeMiss<Coder: BinaryCoder & ~Copyable>(
        _ bit: Int,
        _ state: RunState,
        _ context: ByteContext,
        _ coder: inout Coder
    ) -> Int {
        if state.run >= RunBucket.longRun { return codeRun(bit, ModelLayout.longRun + state.longIndex, &coder) }
        let short = state.shortIndex(parity: Int(truncatingIfNeeded: context.parity))
        let bucket = UInt32(truncatingIfNeeded: short % 24)
        let output: UInt32 = state.isOutput ? 1 : 0
        let running: UInt32 = state.run > 0 ? 1 : 0
        let kind = running &<< 2 | output &<< 1 | context.parity
        let index: InlineArray<5, Int> = [
            ModelLayout.hit &+ short,
            Self.hashedSlot(Self.hash(context.predicted &<< 3 | kind, 6)),
            Self.hashedSlot(Self.hash(context.predicted &<< 8 | context.last, 7)),
            Self.hashedSlot(Self.hash(bucket &<< 8 | context.predicted, 8)),
            ModelLayout.history &+ Int(truncatingIfNeeded: output &<< 6 | state.history & 63),
        ]
        let set = ModelLayout.hitSets &+ (state.isOutput ? 3 : 0) &+ (state.run == 0 ? 0 : state.isFresh ? 1 : 2)
        return codeMixed(bit, index, set: set, &coder)
    }

    /// Codes whether there is a new alignment (1).
    package mutating func codeJump<Coder: BinaryCoder & ~Copyable>(
        _ bit: Int,
        _ state: RunState,
        _ context: ByteContext,
        _ coder: inout Coder
    ) -> Int {
        let index: InlineArray<5, Int> = [
            ModelLayout.jump &+ state.jumpIndex(parity: Int(truncatingIfNeeded: context.parity)),
            Self.hashedSlot(Self.hash(context.predicted &<< 1 | context.parity, 9)),
            Self.hashedSlot(Self.hash(context.last &<< 1 | context.parity, 10)),
            Self.hashedSlot(Self.hash(context.second &<< 8 | context.last, 11)),
            ModelLayout.history &+ 128 &+ Int(truncatingIfNeeded: state.history & 63),
        ]
        return codeMixed(bit, index, set: ModelLayout.jumpSets &+ (state.isAligned ? 1 : 0), &coder)
    }

    private static func hash(_ value: UInt32, _ salt: UInt32) -> UInt32 {
        value &* 0x9E37_79B1 &+ salt &* 0x85EB_CA6B
    }

    /// One of so many slots, evenly.
    @inline(__always)
    private static func spread(_ hash: UInt32, _ size: Int) -> Int {
        let folded = (hash ^ hash &>> 15) & 0xFFFF
        return Int(truncatingIfNeeded: (folded &* UInt32(truncatingIfNeeded: size)) &>> 16)
    }

    @inline(never)
    private static func literalSlot(_ hash: UInt32) -> Int {
        ModelLayout.literal &+ spread(hash, ModelLayout.literalSize)
    }

    @inline(never)
    private static func hashedSlot(_ hash: UInt32) -> Int {
        ModelLayout.hashed &+ spread(hash, ModelLayout.hashedSize)
    }
}
