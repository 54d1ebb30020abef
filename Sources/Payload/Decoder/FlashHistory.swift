/// Source and output in flash, as a decoder looks at them: through small windows, the last bytes of output in RAM.
struct FlashHistory: DeltaHistory, ~Copyable {
    private static let recentBytes = 256

    /// The last bytes of output, calls as in a stream: the caller may not have written them yet.
    private var recent = InlineArray<256, UInt8>(repeating: 0)
    /// Of the source and of the output.
    private var windows = InlineArray<2, ReadWindow>(repeating: ReadWindow())
    private var sourceCount = 0
    private var isThumb = false
    /// Bytes of output that were decoded.
    private(set) var position = 0
    /// Bytes of output that earlier calls have given out.
    var readableCount = 0

    /// Begins without output.
    mutating func start(sourceBytes: UInt32, isThumb: Bool) {
        sourceCount = Int(truncatingIfNeeded: sourceBytes)
        self.isThumb = isThumb
        position = 0
        readableCount = 0
        for index in 0..<2 { windows[index].clear() }
    }

    /// Takes the next bytes of output, the first lowest.
    mutating func append(_ bytes: UInt32, count: Int) {
        var rest = bytes
        for _ in 0..<count {
            recent[position & 255] = UInt8(truncatingIfNeeded: rest)
            rest = rest &>> 8
            position &+= 1
        }
    }

    /// One of the last 256 bytes; the last one is 1 back.
    mutating func recentByte(back: Int) -> UInt32 { UInt32(recent[(position &- back) & 255]) }

    mutating func source<Memory: PayloadMemory & ~Copyable>(
        around place: Int,
        _ memory: inout Memory
    ) throws(PayloadError) -> Neighbourhood {
        try flash(around: place, isSource: true, limit: sourceCount, &memory)
    }

    @inline(never)
    mutating func output<Memory: PayloadMemory & ~Copyable>(
        at place: Int,
        _ memory: inout Memory
    ) throws(PayloadError) -> UInt32 {
        let back = position &- place
        if back <= Self.recentBytes { return recentByte(back: back) }
        // All of it was given out by earlier calls, as calls give out less than what is kept.
        let near = try flash(around: place, isSource: false, limit: readableCount, &memory)
        return isThumb ? near.transformed : near.plain
    }

    @inline(never)
    private mutating func flash<Memory: PayloadMemory & ~Copyable>(
        around place: Int,
        isSource: Bool,
        limit: Int,
        _ memory: inout Memory
    ) throws(PayloadError) -> Neighbourhood {
        var near = Neighbourhood(place: place)
        for index in 0..<Neighbourhood.count {
            let offset = near.start &+ index
            guard offset >= 0, offset < limit else { continue }
            let window = isSource ? 0 : 1
            if !windows[window].holds(offset) {
                try windows[window].load(offset, limit: limit) { (start, piece) throws(PayloadError) in
                    if isSource {
                        try memory.readSource(at: start, into: &piece)
                    } else {
                        try memory.readOutput(at: start, into: &piece)
                    }
                }
            }
            near[index] = windows[window][offset]
        }
        return near
    }
}
