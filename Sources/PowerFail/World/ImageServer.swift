import CoAP

/// A server with one image: numbered blocks, ETag, Size2, and 2.03 for the ETag that it has.
struct ImageServer {
    let image: Image
    /// Bytes of the image that were sent, each counted once.
    private(set) var servedBytes = 0
    private var servedStarts: Set<Int> = []
    private var messageID: UInt16 = 0x4000

    init(_ image: Image) {
        self.image = image
    }

    /// The answer to one datagram; empty: none.
    mutating func respond(to datagram: RawSpan) throws -> [UInt8] {
        let request = try MessageView(datagram)
        guard request.role == .request else { return [] }
        messageID &+= 1
        var buffer = [UInt8](repeating: 0, count: 1200)
        let count = try write(request, into: &buffer)
        buffer.removeLast(buffer.count - count)
        return buffer
    }

    private mutating func write(_ request: borrowing MessageView, into buffer: inout [UInt8]) throws -> Int {
        let options = RequestOptions(request)
        var span = buffer.mutableSpan
        var writer = MessageWriter(into: span.mutableBytes)
        func start(_ code: Code, _ writer: inout MessageWriter) throws(MessageError) {
            try writer.start(type: .nonConfirmable, code: code, messageID: messageID, token: request.token)
        }
        if request.contains(image.etag) {
            try start(.valid, &writer)
            try writer.option(etag: image.etag)
            return try writer.finish()
        }
        guard let asked = options.block2, let range = asked.byteRange(totalBytes: image.bytes.count) else {
            try start(.badOption, &writer)
            return try writer.finish()
        }
        let more = asked.hasMore(totalBytes: image.bytes.count)
        try start(.content, &writer)
        try writer.option(etag: image.etag)
        try writer.option(.block2, block: BlockOption(number: asked.number, more: more, szx: asked.szx))
        if options.size2 != nil { try writer.option(.size2, uint: UInt32(image.bytes.count)) }
        if servedStarts.insert(range.lowerBound).inserted { servedBytes += range.count }
        try writer.payload(image.bytes.span.bytes.extracting(range))
        return try writer.finish()
    }
}
