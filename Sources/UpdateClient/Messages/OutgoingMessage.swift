import CoAP

/// The one message that waits to be taken by the caller.
struct OutgoingMessage {
    /// The longest request: header 4, token 8, `fw` 3, PID 6, three ETags 27, Block2 4, Size2 2.
    private var storage = InlineArray<64, UInt8>(repeating: 0)
    private(set) var byteCount = 0

    /// The message's bytes.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { storage.span.bytes.extracting(0..<byteCount) }
    }

    /// Writes `GET /fw/{pid}` for one block. The ETags are of what is held already: the server answers 2.03 if it still
    /// has one of these. A Size2 of 0 asks for the size of the whole (RFC 7959 § 4). Nothing fails with a buffer of
    /// this size.
    mutating func writeBlockRequest(
        productID: UInt16,
        block: BlockOption,
        token: Token,
        messageID: UInt16,
        etags: HeldETags?,
        asksForSize: Bool
    ) throws(MessageError) {
        byteCount = 0
        var elements = storage.mutableSpan
        var writer = MessageWriter(into: elements.mutableBytes)
        try writer.start(type: .nonConfirmable, code: .get, messageID: messageID, token: token)
        if let etags {
            for index in 0..<etags.count {
                if let etag = etags[index] { try writer.option(etag: etag) }
            }
        }
        try writer.option(.uriPath, string: "fw")
        try writer.option(.uriPath, decimal: UInt32(productID))
        try writer.option(.block2, block: block)
        if asksForSize { try writer.option(.size2, uint: 0) }
        byteCount = try writer.finish()
    }

    /// Writes an acknowledgement or a reset.
    mutating func write(_ message: EmptyMessage) {
        let bytes = message.bytes
        for index in 0..<4 { storage[index] = bytes[index] }
        byteCount = 4
    }
}

/// Up to three ETags of images that are on the device already, each once.
struct HeldETags: Equatable {
    private var storage = InlineArray<3, ETag?>(repeating: nil)
    private(set) var count = 0

    mutating func insert(_ etag: ETag?) {
        guard let etag, count < 3, !contains(etag) else { return }
        storage[count] = etag
        count += 1
    }

    func contains(_ etag: ETag) -> Bool {
        for index in 0..<count where storage[index] == etag { return true }
        return false
    }

    subscript(index: Int) -> ETag? { index >= 0 && index < count ? storage[index] : nil }

    static func == (left: HeldETags, right: HeldETags) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }
}
