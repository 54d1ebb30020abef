/// Writes one message into a caller's buffer: `start`, options in ascending order, payload, `finish`.
///
/// Nothing is allocated. A call that throws changes nothing, so the caller may leave the option out, or start
/// again; `start` begins a new message at the start of the buffer whatever was written before.
public struct MessageWriter: ~Copyable, ~Escapable {
    var buffer: MutableRawSpan
    /// Bytes written so far; 0 before `start`.
    var position = 0
    var isEmptyMessage = false
    var hasPayload = false
    var lastOption = OptionNumber(rawValue: 0)

    /// Takes the buffer for the lifetime of the writer.
    @_lifetime(copy buffer)
    public init(into buffer: consuming MutableRawSpan) {
        self.buffer = buffer
    }

    /// Bytes written so far.
    public var byteCount: Int { position }

    /// Payload bytes that still fit, the marker counted; 0 before `start` and in an Empty message.
    public var remainingPayloadBytes: Int {
        guard position > 0, !isEmptyMessage else { return 0 }
        let remaining = buffer.byteCount - position - (hasPayload ? 0 : 1)
        return remaining > 0 ? remaining : 0
    }

    /// Begins a message with its header and token.
    ///
    /// - Throws: `.bufferTooSmall`, `.emptyMessageWithContent` for code 0.00 with a token.
    @_lifetime(self: copy self)
    public mutating func start(
        type: MessageType,
        code: Code,
        messageID: UInt16,
        token: Token = .empty
    ) throws(MessageError) {
        guard !code.isEmpty || token.byteCount == 0 else { throw .emptyMessageWithContent }
        let end = 4 + token.byteCount
        guard buffer.byteCount >= end else { throw .bufferTooSmall(needed: end) }
        store(0x40 | type.rawValue << 4 | UInt8(truncatingIfNeeded: token.byteCount), at: 0)
        store(code.rawValue, at: 1)
        store(UInt8(truncatingIfNeeded: messageID >> 8), at: 2)
        store(UInt8(truncatingIfNeeded: messageID), at: 3)
        storeBigEndian(token.value, byteCount: token.byteCount, at: 4)
        position = end
        isEmptyMessage = code.isEmpty
        hasPayload = false
        lastOption = OptionNumber(rawValue: 0)
    }

    /// Appends bytes to the payload; the marker goes before the first of them. Empty spans write nothing.
    ///
    /// - Throws: `.notStarted`, `.emptyMessageWithContent`, `.bufferTooSmall`.
    @_lifetime(self: copy self)
    public mutating func payload(_ bytes: RawSpan) throws(MessageError) {
        guard position > 0 else { throw .notStarted }
        guard bytes.byteCount > 0 else { return }
        guard !isEmptyMessage else { throw .emptyMessageWithContent }
        let markerBytes = hasPayload ? 0 : 1
        guard bytes.byteCount <= buffer.byteCount - position - markerBytes else {
            throw .bufferTooSmall(needed: position + markerBytes + bytes.byteCount)
        }
        if !hasPayload {
            store(0xFF, at: position)
            position += 1
            hasPayload = true
        }
        buffer.coapCopy(bytes, to: position)
        position += bytes.byteCount
    }

    /// Ends the message.
    ///
    /// - Returns: bytes of the message, from the start of the buffer.
    /// - Throws: `.notStarted`.
    public consuming func finish() throws(MessageError) -> Int {
        guard position > 0 else { throw .notStarted }
        return position
    }

    @inline(__always)
    @_lifetime(self: copy self)
    mutating func store(_ byte: UInt8, at offset: Int) {
        buffer.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Stores the low `byteCount` bytes of `value`, most significant first.
    @_lifetime(self: copy self)
    mutating func storeBigEndian(_ value: UInt64, byteCount: Int, at offset: Int) {
        if byteCount == 8 {
            buffer.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
            return
        }
        var rest = value
        var index = byteCount
        while index > 0 {
            index -= 1
            store(UInt8(truncatingIfNeeded: rest), at: offset + index)
            rest >>= 8
        }
    }
}
