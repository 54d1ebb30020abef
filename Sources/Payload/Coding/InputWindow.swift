/// The piece of a payload that is being read.
///
/// A decoder fills it before every step, of which each takes less than `reserveBytes`; so reading a byte cannot fail,
/// and whether there were enough bytes is asked once per step. Behind the end of the payload there are zeros.
struct InputWindow: ~Copyable {
    static let bytes = 224
    /// More than any step takes: under 72 decisions of at most 2 bytes each.
    static let reserveBytes = 144

    private var content = InlineArray<224, UInt8>(repeating: 0)
    private var next = 0
    private var end = 0
    private var payloadBytes = 0
    /// How much of the payload was put into the window.
    private var offset = 0
    /// Zeros read behind the end of the payload.
    private(set) var overrunBytes = 0

    /// Begins at the start of a payload.
    mutating func start(payloadBytes: UInt32) {
        next = 0
        end = 0
        offset = 0
        overrunBytes = 0
        self.payloadBytes = Int(truncatingIfNeeded: payloadBytes)
    }

    /// Whether all of the payload was read.
    var isAtEnd: Bool { next == end && offset == payloadBytes }

    /// Sees to it that a step has what it needs.
    mutating func fill<Memory: PayloadMemory & ~Copyable>(_ memory: inout Memory) throws(PayloadError) {
        let kept = end &- next
        guard kept < Self.reserveBytes, offset < payloadBytes else { return }
        for index in 0..<kept { content[index] = content[next &+ index] }
        next = 0
        end = kept
        let count = min(payloadBytes &- offset, Self.bytes &- kept)
        var span = content.mutableSpan
        var rest = span._mutatingExtracting(kept..<(kept &+ count))
        try memory.readPayload(at: offset, into: &rest)
        end = kept &+ count
        offset &+= count
    }

    /// The next byte.
    @inline(never)
    mutating func read() -> UInt32 {
        guard next < end else {
            // Checked after every step: no overflow.
            overrunBytes &+= 1
            return 0
        }
        let byte = UInt32(content[next])
        next &+= 1
        return byte
    }
}
