import CoAP
import FirmwareImage

/// A firmware server in a few lines: `GET /fw/7` in blocks, with ETag and Size2, and 2.03 for the ETag that it has.
struct MiniatureServer {
    private let payload: [UInt8]
    private let etag: ETag
    private var messageID: UInt16 = 0x4000

    init(payload: [UInt8]) {
        self.payload = payload
        etag = ETag(TestImage.hash(payload).prefix64)
    }

    /// The answer to one datagram; empty: none.
    mutating func respond(to datagram: RawSpan) -> [UInt8] {
        must("server reads a request") { () throws(MessageError) in
            let request = try MessageView(datagram)
            guard request.role == .request else { return [] }
            messageID &+= 1
            var buffer = [UInt8](repeating: 0, count: 1200)
            var span = buffer.mutableSpan
            var writer = MessageWriter(into: span.mutableBytes)
            try answer(request, &writer)
            let byteCount = try writer.finish()
            buffer.removeLast(buffer.count - byteCount)
            return buffer
        }
    }

    private func answer(_ request: borrowing MessageView, _ writer: inout MessageWriter) throws(MessageError) {
        let options = RequestOptions(request)
        guard options.problem == nil, request.code == .get, isOurs(request) else {
            return try start(.notFound, request, &writer)
        }
        if request.contains(etag) {
            try start(.valid, request, &writer)
            return try writer.option(etag: etag)
        }
        guard let asked = options.block2, let range = asked.byteRange(totalBytes: payload.count),
            let block = option(asked.number, more: asked.hasMore(totalBytes: payload.count), szx: asked.szx)
        else {
            return try start(.badOption, request, &writer)
        }
        try start(.content, request, &writer)
        try writer.option(etag: etag)
        try writer.option(.block2, block: block)
        if options.size2 != nil { try writer.option(.size2, uint: UInt32(payload.count)) }
        try writer.payload(payload.span.bytes.extracting(range))
    }

    private func start(
        _ code: Code,
        _ request: borrowing MessageView,
        _ writer: inout MessageWriter
    ) throws(MessageError) {
        try writer.start(type: .nonConfirmable, code: code, messageID: messageID, token: request.token)
    }

    private func isOurs(_ request: borrowing MessageView) -> Bool {
        var path = request.uriPath
        guard let folder = path.next(), folder.coapEquals("fw"), let product = path.next() else { return false }
        return product.coapDecimal(maximum: 65_535) == UInt32(TestImage.productID) && path.next() == nil
    }

    private func option(_ number: UInt32, more: Bool, szx: UInt8) -> BlockOption? {
        do throws(BlockOptionError) {
            return try BlockOption(number: number, more: more, szx: szx)
        } catch {
            return nil
        }
    }
}
