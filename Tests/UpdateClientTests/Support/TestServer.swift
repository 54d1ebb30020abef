import CoAP

/// A firmware server in a few lines, with the misbehaviours that the tests need.
struct TestServer {
    var payloads: [UInt16: [UInt8]]
    var givesETag = true
    var givesSize = true
    /// Answers 2.03 to the ETag that it has.
    var validatesETags = true
    /// The ETag that it gives; nil: of the payload's digest, as ours.
    var etag: [UInt8]?
    /// The largest SZX it answers with.
    var maximumSZX: UInt8 = 6
    /// Blocks from this number on are answered with `laterSZX`.
    var shrinksFromBlock: UInt32?
    var laterSZX: UInt8 = 6
    /// Separate responses: confirmable ones.
    var answersConfirmable = false
    /// PIDs answered with 4.03.
    var forbidden: Set<UInt16> = []
    /// Answers 5.03 with this Max-Age so often.
    var unavailable: (times: Int, seconds: UInt32) = (0, 0)
    /// The payload of a 4.04.
    var diagnostic = ""
    /// Called before each request is answered, with the count of requests up to now.
    var onRequest: (@Sendable (Int, inout TestServer) -> Void)?
    private(set) var requests = 0
    private(set) var contentAnswers = 0
    private(set) var validAnswers = 0
    private(set) var acknowledgements: Set<UInt16> = []
    private(set) var resets: Set<UInt16> = []
    /// ETags of the last request with any.
    private(set) var lastETags: [[UInt8]] = []
    private var nextMessageID: UInt16 = 0x7000

    init(payload: [UInt8], productID: UInt16 = 7) {
        payloads = [productID: payload]
    }

    mutating func respond(to datagram: [UInt8]) throws -> [UInt8]? {
        let message = try MessageView(datagram.span.bytes)
        switch message.role {
        case .emptyAcknowledgement: acknowledgements.insert(message.messageID)
        case .reset: resets.insert(message.messageID)
        default: break
        }
        guard message.role == .request else { return nil }
        requests += 1
        if let hook = onRequest { hook(requests, &self) }
        var path: [[UInt8]] = []
        var etags: [[UInt8]] = []
        var block = try BlockOption(number: 0, szx: 6)
        var wantsSize = false
        var options = message.options
        while let option = options.next() {
            let value = (0..<option.value.byteCount).map { option.value.coapByte(at: $0) }
            switch option.number {
            case .uriPath: path.append(value)
            case .etag: etags.append(value)
            case .block2: block = try BlockOption(option.value)
            case .size2: wantsSize = true
            default: break
            }
        }
        if !etags.isEmpty { lastETags = etags }
        var answer = Answer(token: message.token)
        if unavailable.times > 0 {
            unavailable.times -= 1
            answer.code = .serviceUnavailable
            answer.maxAge = unavailable.seconds
        } else {
            let productID = UInt16(path.count == 2 ? String(decoding: path[1], as: UTF8.self) : "") ?? 0
            fillFirmware(&answer, productID, block, etags, wantsSize)
        }
        nextMessageID &+= 1
        return try answer.encoded(confirmable: answersConfirmable, messageID: nextMessageID)
    }

    private mutating func fillFirmware(
        _ answer: inout Answer,
        _ productID: UInt16,
        _ block: BlockOption,
        _ etags: [[UInt8]],
        _ wantsSize: Bool
    ) {
        guard !forbidden.contains(productID) else {
            answer.code = .forbidden
            return
        }
        guard let payload = payloads[productID] else {
            answer.code = .notFound
            answer.payload = Array(diagnostic.utf8)
            return
        }
        if givesETag { answer.etag = etag ?? TestRelease.etag(payload) }
        if let etag = answer.etag, validatesETags, etags.contains(etag), block.number == 0 {
            answer.code = .valid
            validAnswers += 1
            return
        }
        var szx = maximumSZX
        if let shrinksFromBlock, block.number >= shrinksFromBlock { szx = min(szx, laterSZX) }
        answer.fill(payload, block, maximumSZX: szx)
        if answer.code == .content { contentAnswers += 1 }
        if givesSize, wantsSize || block.number == 0 { answer.size = UInt32(payload.count) }
    }

    struct Answer {
        var token: Token
        var code: Code = .content
        var etag: [UInt8]?
        var maxAge: UInt32?
        var block: BlockOption?
        var size: UInt32?
        var payload: [UInt8] = []

        init(token: Token) {
            self.token = token
        }

        mutating func fill(_ whole: [UInt8], _ asked: BlockOption, maximumSZX: UInt8) {
            let szx = min(asked.szx, maximumSZX)
            let start = Int(asked.byteOffset)
            guard start < whole.count else {
                code = .badOption
                return
            }
            let end = min(start + 16 << Int(szx), whole.count)
            payload = Array(whole[start..<end])
            block = try? BlockOption(number: UInt32(start >> (Int(szx) + 4)), more: end < whole.count, szx: szx)
        }

        func encoded(confirmable: Bool, messageID: UInt16) throws -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: 1200)
            let count: Int
            do {
                var span = buffer.mutableSpan
                var writer = MessageWriter(into: span.mutableBytes)
                let type: MessageType = confirmable ? .confirmable : .nonConfirmable
                try writer.start(type: type, code: code, messageID: messageID, token: token)
                if let etag { try writer.option(.etag, bytes: etag.span.bytes) }
                if let maxAge { try writer.option(.maxAge, uint: maxAge) }
                if let block { try writer.option(.block2, block: block) }
                if let size { try writer.option(.size2, uint: size) }
                try writer.payload(payload.span.bytes)
                count = try writer.finish()
            }
            return Array(buffer[..<count])
        }
    }
}
