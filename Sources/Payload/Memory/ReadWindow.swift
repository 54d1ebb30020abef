/// A piece of flash held in RAM, so that neighbouring bytes cost one read.
struct ReadWindow {
    private static let size = 32
    private var content = InlineArray<32, UInt8>(repeating: 0)
    private var start = 0
    private var count = 0

    /// Whether the piece has the byte at `offset`.
    func holds(_ offset: Int) -> Bool { offset >= start && offset &- start < count }

    /// The byte at `offset`, which the piece has.
    subscript(offset: Int) -> UInt32 { UInt32(content[offset &- start]) }

    /// Forgets the piece.
    mutating func clear() { count = 0 }

    /// Reads the piece with the byte at `offset`, which is below `limit`; and nothing at or above that.
    mutating func load(
        _ offset: Int,
        limit: Int,
        _ read: (Int, inout MutableSpan<UInt8>) throws(PayloadError) -> Void
    ) throws(PayloadError) {
        // Mostly read forwards, and from a few bytes before the place asked for.
        start = max(0, offset &- 8)
        count = 0
        let size = min(Self.size, limit &- start)
        var span = content.mutableSpan
        var piece = span._mutatingExtracting(0..<size)
        try read(start, &piece)
        count = size
    }
}
