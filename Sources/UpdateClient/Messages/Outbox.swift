import CoAP

/// The messages that this side sends: one at a time, which waits to be taken by the caller.
struct Outbox {
    /// The longest request: header 4, token 8, `fw` 3, PID 6, three ETags 27, Block2 4, Size2 2.
    private var storage = InlineArray<64, UInt8>(repeating: 0)
    private(set) var byteCount = 0
    /// An acknowledgement or reset to send before anything else.
    private var reply: EmptyMessage?
    private var nextMessageID: UInt16

    /// - Parameter messageID: where message IDs begin; random, so that those of an earlier run are not used again soon.
    init(messageID: UInt16) {
        nextMessageID = messageID
    }

    /// The message's bytes.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { storage.span.bytes.extracting(0..<byteCount) }
    }

    /// Has a reply wait; one that waits already is forgotten.
    mutating func owe(_ reply: EmptyMessage) { self.reply = reply }

    /// What is owed is owed to a channel that is gone.
    mutating func forgetReply() { reply = nil }

    /// Writes the reply that waits.
    ///
    /// - Returns: whether there was one.
    mutating func writeReply() -> Bool {
        guard let bytes = reply?.bytes else { return false }
        reply = nil
        for index in 0..<4 { storage[index] = bytes[index] }
        byteCount = 4
        return true
    }

    /// Writes `GET /fw/{pid}` for one block.
    ///
    /// - Parameters:
    ///   - productID: PID.
    ///   - request: which block.
    ///   - etags: of what is held already: the server answers 2.03 if it still has one of these. With block 0 only.
    /// - Throws: nothing with a buffer of this size.
    mutating func writeRequest(
        productID: UInt16,
        _ request: BlockRequest,
        etags: HeldETags?
    ) throws(MessageError) {
        byteCount = 0
        nextMessageID &+= 1
        guard let block = try? BlockOption(number: request.blockNumber, szx: request.szx) else { return }
        var elements = storage.mutableSpan
        var writer = MessageWriter(into: elements.mutableBytes)
        try writer.start(type: .nonConfirmable, code: .get, messageID: nextMessageID, token: request.token)
        if let etags, request.blockNumber == 0 {
            for index in 0..<etags.count {
                if let etag = etags[index] { try writer.option(etag: etag) }
            }
        }
        try writer.option(.uriPath, string: "fw")
        try writer.option(.uriPath, decimal: UInt32(productID))
        try writer.option(.block2, block: block)
        // A Size2 of 0 asks for the size of the whole (RFC 7959 § 4).
        if request.blockNumber == 0 { try writer.option(.size2, uint: 0) }
        byteCount = try writer.finish()
    }
}
