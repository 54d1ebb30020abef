/// The state that encoder and decoder share, and the steps that both take.
///
/// A stream is a row of steps. While there is an alignment, source (or earlier output) says what comes next:
///
/// ```
/// step     = [ item ] [ miss ] [ jump, then once more item and miss ] [ literal ]
/// item     = where the source has a call or an address: as predicted, or put right by a shift, or neither
/// miss     = whether the next byte is as predicted
/// jump     = behind a miss, or without alignment: whether there is a new one, and which
/// literal  = behind all of these: the byte itself
/// ```
package struct DeltaCore: ~Copyable {
    package var model = DeltaModel()
    package private(set) var header = DeltaHeader(outputBytes: 0, sourceBytes: 0)
    /// Bytes of output that were coded.
    package private(set) var position = 0
    package private(set) var state = RunState()
    package private(set) var alignments = Alignments()
    /// The present alignment.
    package private(set) var diagonal = 0
    private var shifts = ShiftMap()
    private var recentShifts = RecentShifts()
    /// By how much the last address in RAM moved.
    private var ramShift: Int32 = 0
    /// The last four bytes of output, the last one lowest.
    private var previous: UInt32 = 0

    package init() {}

    /// Begins a stream.
    package mutating func start(_ header: DeltaHeader) {
        self.header = header
        model.start()
        shifts.start(sourceBytes: header.sourceBytes)
        position = 0
        state = RunState()
        if header.sourceBytes > 0 { state.jumped(toOutput: false) }
        alignments = Alignments()
        diagonal = 0
        recentShifts = RecentShifts()
        ramShift = 0
        previous = 0
    }

    package var isFinished: Bool { position >= outputCount }
    private var sourceCount: Int { Int(truncatingIfNeeded: header.sourceBytes) }
    private var outputCount: Int { Int(truncatingIfNeeded: header.outputBytes) }

    /// One or four bytes of output, the first lowest.
    package struct Piece {
        package let word: UInt32
        package let count: Int
    }

    /// Codes the next byte, or the next four.
    package mutating func step<
        Coder: BinaryCoder & ~Copyable,
        History: DeltaHistory & ~Copyable,
        Memory: PayloadMemory & ~Copyable
    >(
        _ intent: DeltaIntent,
        _ coder: inout Coder,
        _ history: inout History,
        _ memory: inout Memory
    ) throws(PayloadError) -> Piece {
        var context = self.context
        var jump = intent.jump
        var mayJump = true
        // Twice at most.
        while true {
            if state.isAligned, position &+ diagonal >= sourceCount, !state.isOutput { state.lost() }
            if state.isAligned {
                let place = position &+ diagonal
                if state.isOutput {
                    context.predicted = try history.output(at: place &- sourceCount, &memory)
                } else {
                    let near = try history.source(around: place, &memory)
                    if let word = codeItem(near, DeltaIntent(word: intent.word, jump: jump), &coder) {
                        return take(word, count: 4)
                    }
                    context.predicted = predicted(near)
                }
                if codeMiss(context, isHit: context.predicted == intent.word & 255 && jump == nil, &coder) {
                    return take(context.predicted, count: 1)
                }
            }
            guard mayJump, codeWhetherJump(jump != nil, context, &coder) else { break }
            try codeJump(to: jump ?? 0, &coder)
            jump = nil
            mayJump = false
        }
        let byte = model.codeLiteral(intent.word & 255, context, &coder)
        state.literal()
        return take(byte, count: 1)
    }

    /// What is known of the next byte without an alignment.
    package var context: ByteContext {
        ByteContext(previous: previous, predicted: 256, parity: UInt32(truncatingIfNeeded: position & 1))
    }

    private mutating func take(_ word: UInt32, count: Int) -> Piece {
        previous = count == 4 ? word.byteSwapped : previous &<< 8 | word & 255
        position &+= count
        return Piece(word: word, count: count)
    }

    // MARK: Alignment

    /// Whether the byte is as predicted.
    @inline(never)
    private mutating func codeMiss<Coder: BinaryCoder & ~Copyable>(
        _ context: ByteContext,
        isHit: Bool,
        _ coder: inout Coder
    ) -> Bool {
        let miss = model.codeMiss(isHit ? 0 : 1, state, context, &coder)
        coder.attribute(state.missDecision(parity: position & 1), miss)
        guard miss == 0 else {
            state.missed()
            return false
        }
        state.hit(1)
        if !state.isOutput, state.run & 31 == 0 {
            shifts.note(shiftHere, at: UInt32(truncatingIfNeeded: position &+ diagonal))
        }
        return true
    }

    /// By how much the source has moved here.
    private var shiftHere: Int32 { Int32(truncatingIfNeeded: 0 &- diagonal) }

    @inline(never)
    private mutating func codeWhetherJump<Coder: BinaryCoder & ~Copyable>(
        _ wanted: Bool,
        _ context: ByteContext,
        _ coder: inout Coder
    ) -> Bool {
        let bit = model.codeJump(wanted ? 1 : 0, state, context, &coder)
        coder.attribute(ModelLayout.jump + state.jumpIndex(parity: position & 1), bit)
        return bit != 0
    }

    /// Codes a new alignment and takes it.
    @inline(never)
    private mutating func codeJump<Coder: BinaryCoder & ~Copyable>(
        to wanted: Int,
        _ coder: inout Coder
    ) throws(PayloadError) {
        let offset = wanted &- alignments.source
        var kind = Coder.isDecoder ? 0 : alignments.index(of: wanted)
        if !Coder.isDecoder, kind == Alignments.count, position &+ wanted < sourceCount {
            kind = offset < 0 ? JumpKind.backward : JumpKind.forward
        }
        kind = model.codeTree(kind, bits: 3, at: ModelLayout.kind, &coder)
        if kind < Alignments.count {
            diagonal = alignments[kind]
        } else {
            guard kind <= JumpKind.forward else { throw .badReference }
            let isOutput = kind == JumpKind.output
            // Distances, and what is below, count down.
            let start = isOutput ? sourceCount : alignments.source
            let isDown = kind != JumpKind.forward
            let number = isDown ? start &- 1 &- wanted : offset
            let coded = model.codeNumber(number, isOutput ? .distance : .offset, &coder)
            diagonal = isDown ? start &- 1 &- coded : start &+ coded
        }
        coder.attribute(ModelLayout.kind, 0)
        let place = position &+ diagonal
        let isOutput = place >= sourceCount
        guard place >= 0, place < sourceCount &+ position,
            kind < JumpKind.output || isOutput == (kind == JumpKind.output)
        else { throw .badReference }
        alignments.take(diagonal, isSource: !isOutput)
        state.jumped(toOutput: isOutput)
    }

    // MARK: Addresses

    /// By how much what is around a place of the source was last seen to move.
    package mutating func seenShift(at place: UInt32) -> Int32? { shifts.shift(at: place) }

    /// The shift that is likely for what an item names, and whether it was seen.
    private mutating func likelyShift(_ item: AddressItem) -> (shift: Int32, isKnown: Bool) {
        if item.kind == .ram { return (ramShift, true) }
        if let shift = shifts.shift(at: item.place) { return (shift, true) }
        return (shiftHere, false)
    }

    /// The byte that a place of the source is predicted to be followed by in the output.
    @inline(never)
    private mutating func predicted(_ near: Neighbourhood) -> UInt32 {
        guard header.isThumb, let item = near.surrounding(header) else { return near.plain }
        let shift = diagonal & item.alignmentMask == 0 ? likelyShift(item).shift : 0
        return Neighbourhood.byte(item.moved(by: shift), near.place &- item.start)
    }

    /// Where the source has an address: codes whether it follows what it names, or by what shift it is put right.
    ///
    /// - Returns: the word; nil if there is none here, or it is neither.
    @inline(never)
    private mutating func codeItem<Coder: BinaryCoder & ~Copyable>(
        _ near: Neighbourhood,
        _ intent: DeltaIntent,
        _ coder: inout Coder
    ) -> UInt32? {
        guard header.isThumb, position &+ 4 <= outputCount, let item = near.item(header),
            diagonal & item.alignmentMask == 0
        else { return nil }
        let (likely, isKnown) = likelyShift(item)
        let index = ModelLayout.item + (isKnown ? 0 : RunBucket.count) + RunBucket.of(state.run)
        let wanted = Coder.isDecoder || intent.jump != nil ? 1 : intent.word &- item.moved(by: likely)
        let miss = model.codeRun(wanted == 0 ? 0 : 1, index, &coder)
        coder.attribute(ModelLayout.slotCount + index, miss)
        var shift = likely
        if miss != 0 {
            let fix = Coder.isDecoder || intent.jump != nil ? nil : item.shift(to: intent.word, header)
            let fixIndex = ModelLayout.fix + (item.kind == .call ? 0 : 1)
            let isFixed = model.codeSlot(fix == nil ? 0 : 1, fixIndex, &coder)
            coder.attribute(fixIndex, isFixed)
            guard isFixed != 0 else { return nil }
            shift = codeShift(fix ?? 0, likely: likely, &coder)
        }
        if item.kind == .ram {
            ramShift = shift
        } else {
            shifts.note(shift, at: item.place)
        }
        state.hit(4)
        return item.moved(by: shift)
    }

    private mutating func codeShift<Coder: BinaryCoder & ~Copyable>(
        _ wanted: Int32,
        likely: Int32,
        _ coder: inout Coder
    ) -> Int32 {
        let wantedIndex = Coder.isDecoder ? 0 : recentShifts.index(of: wanted)
        let index = model.codeTree(wantedIndex, bits: 3, at: ModelLayout.recent, &coder)
        var shift: Int32
        if index < RecentShifts.count {
            shift = recentShifts[index]
        } else {
            let difference = Int(wanted &- likely)
            let isLower = model.codeSlot(difference < 0 ? 1 : 0, ModelLayout.sign, &coder)
            let size = model.codeNumber(difference < 0 ? -1 - difference : difference, .shift, &coder)
            shift = likely &+ Int32(truncatingIfNeeded: isLower != 0 ? -1 - size : size)
        }
        coder.attribute(ModelLayout.recent, 0)
        recentShifts.take(shift)
        return shift
    }
}

extension RunState {
    /// What `BinaryCoder.attribute` calls the decision about the next byte.
    package func missDecision(parity: Int) -> Int {
        run >= RunBucket.longRun
            ? ModelLayout.slotCount + ModelLayout.longRun + longIndex : ModelLayout.hit + shortIndex(parity: parity)
    }
}
