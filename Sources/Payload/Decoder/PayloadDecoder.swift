/// Decodes a payload: from where it is staged, and for a delta from the running image, byte after byte to the slot.
///
/// The payload says what it is: a delta, or a compressed image, in the delta format (`DeltaHeader`), or a .lzma stream
/// (`LZMAHeader`). Everything is in this value: no heap, and RAM of `MemoryLayout<PayloadDecoder>.size`.
///
/// A decoder cannot be saved. After a reset, `start` begins at the start again; what is then given out is the same, so
/// that the caller passes over what stands in the slot already and goes on writing where it stopped. Source and payload
/// are only read.
///
/// The payload should be authentic: damage that the format cannot see makes other output, which the digest of the
/// image must find. No payload makes a decoder trap, read outside of what it was told, give out more than there is room
/// for, or take more than a bounded time per byte.
public struct PayloadDecoder: ~Copyable {
    /// What one call gives out at most: until the next call it must be found in RAM.
    public static let maximumPieceBytes = 128

    private var coder = RangeDecoder()
    private var core = DeltaCore()
    private var lzma = LZMACore()
    private var history = FlashHistory()
    private var isLZMA = false
    private var isThumb = false
    private var givenBytes = 0
    /// Bytes that can be given out, the first lowest.
    private var ready: UInt32 = 0
    private var readyCount = 0
    private var failure: PayloadError? = .notStarted
    /// What the payload decodes to; nil for a .lzma stream of which only the end says it.
    public private(set) var outputBytes: UInt32?

    /// A decoder without a payload.
    public init() {}

    /// How much was given out.
    public var decodedBytes: UInt32 { UInt32(truncatingIfNeeded: givenBytes) }

    /// Begins a payload, from wherever the decoder was.
    ///
    /// - Parameters:
    ///   - payloadBytes: the size of the payload.
    ///   - sourceBytes: the size of the image that deltas are made against; 0: there is none.
    ///   - maximumOutputBytes: how much room there is.
    ///   - memory: where payload and source are read.
    /// - Throws: what is wrong with the header, or that source or room are not what it says.
    @inline(never)
    public mutating func start<Memory: PayloadMemory & ~Copyable>(
        payloadBytes: UInt32,
        sourceBytes: UInt32,
        maximumOutputBytes: UInt32,
        memory: inout Memory
    ) throws(PayloadError) {
        failure = .notStarted
        guard (payloadBytes | sourceBytes | maximumOutputBytes) < 1 << 28 else { throw .badHeader }
        givenBytes = 0
        readyCount = 0
        coder.input.start(payloadBytes: payloadBytes)
        try coder.input.fill(&memory)
        let first = UInt8(truncatingIfNeeded: coder.input.read())
        isLZMA = first >> 4 != DeltaHeader.version
        var header = DeltaHeader(outputBytes: 0, sourceBytes: 0)
        if isLZMA {
            let lzmaHeader = try LZMAHeader(properties: first, reading: &coder.input)
            outputBytes = lzmaHeader.outputBytes
            lzma.start(lzmaHeader, maximumOutputBytes: maximumOutputBytes)
            core.model.fillSlots(1024)
        } else {
            header = try DeltaHeader(options: first, reading: &coder.input)
            guard header.sourceBytes == 0 || header.sourceBytes == sourceBytes else {
                throw .wrongSource(expectedBytes: header.sourceBytes, foundBytes: sourceBytes)
            }
            outputBytes = header.outputBytes
            core.start(header)
        }
        if let outputBytes, outputBytes > maximumOutputBytes {
            throw .tooLarge(outputBytes: outputBytes, maximumBytes: maximumOutputBytes)
        }
        isThumb = header.isThumb
        history.start(sourceBytes: header.sourceBytes, isThumb: isThumb)
        coder.start()
        failure = nil
    }

    /// Decodes the next bytes.
    ///
    /// What earlier calls gave out must be readable by `readOutput` now.
    ///
    /// - Parameters:
    ///   - bytes: filled up to `maximumPieceBytes`, or the end of the output.
    ///   - memory: where payload, source and what was given out are read.
    /// - Returns: how many bytes were decoded; 0 at the end, which is then known to be a right one.
    /// - Throws: why not; from then on always, until the next `start`.
    @inline(never)
    public mutating func decode<Memory: PayloadMemory & ~Copyable>(
        into bytes: inout MutableSpan<UInt8>,
        memory: inout Memory
    ) throws(PayloadError) -> Int {
        if let failure { throw failure }
        do throws(PayloadError) {
            return try decodePiece(into: &bytes, memory: &memory)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func decodePiece<Memory: PayloadMemory & ~Copyable>(
        into bytes: inout MutableSpan<UInt8>,
        memory: inout Memory
    ) throws(PayloadError) -> Int {
        history.readableCount = givenBytes
        let limit = min(bytes.count, Self.maximumPieceBytes)
        var count = 0
        while count < limit {
            if readyCount > 0 {
                bytes[count] = UInt8(truncatingIfNeeded: ready)
                ready = ready &>> 8
                readyCount &-= 1
                count &+= 1
                givenBytes &+= 1
            } else if !makeReady() {
                if isFinished {
                    try checkEnd()
                    break
                }
                try step(&memory)
            }
        }
        return count
    }

    /// Whether everything was decoded.
    private var isFinished: Bool { isLZMA ? lzma.isFinished : core.isFinished }

    /// Decodes one byte or a few, or the end.
    private mutating func step<Memory: PayloadMemory & ~Copyable>(_ memory: inout Memory) throws(PayloadError) {
        try coder.input.fill(&memory)
        if isLZMA {
            if let byte = try lzma.step(&core.model, &coder, &history, &memory) { history.append(byte, count: 1) }
            return
        }
        let piece = try core.step(DeltaIntent(), &coder, &history, &memory)
        history.append(piece.word, count: piece.count)
        // A whole stream takes three of the zeros behind its end.
        guard coder.input.overrunBytes <= 3 else { throw .truncated }
    }

    /// A LZMA stream has seen to that itself.
    private func checkEnd() throws(PayloadError) {
        guard isLZMA || coder.input.overrunBytes == 3 && coder.input.isAtEnd else { throw .trailingBytes }
    }

    /// Makes the next one to four bytes ready, if it is known whether they are a call.
    private mutating func makeReady() -> Bool {
        let pending = history.position &- givenBytes
        guard pending > 0 else { return false }
        ready = 0
        for index in 0..<min(pending, 4) {
            let byte = history.recentByte(back: pending &- index)
            ready |= byte &<< UInt32(truncatingIfNeeded: index &* 8)
        }
        readyCount = min(pending, 2)
        guard isThumb else { return true }
        // Calls begin at even places with 11110; behind the end of the output nothing follows.
        if pending < 2 || ready & 0xF800 == 0xF000 {
            if pending < 4 {
                readyCount = isFinished ? readyCount : 0
            } else if ThumbCall.matches(ready) {
                ready = ThumbCall.relative(ready, at: givenBytes)
                readyCount = 4
            }
        }
        return readyCount > 0
    }
}
