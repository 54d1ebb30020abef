import CoAP

/// Turns an answer into a datagram.
enum ResponseWriting {
    /// Bytes that Block2 (1 + 3) and Size2 (1 + 4) take at most behind the options before them.
    private static let block2Bytes = 4
    private static let size2Bytes = 5

    /// Writes the whole response.
    ///
    /// - Returns: what became of it; nothing when not even an error without a text fits the buffer.
    static func write(
        _ answer: ResourceAnswer,
        _ header: ResponseHeader,
        reading store: PayloadStore,
        into buffer: consuming MutableRawSpan
    ) -> FirmwareResources.Outcome {
        var writer = MessageWriter(into: buffer)
        do {
            guard try write(answer, header, reading: store, to: &writer) else { return .fetching }
            return .answer(byteCount: try writer.finish())
        } catch {
            return .nothing
        }
    }

    /// - Returns: false if the payload's bytes are being fetched.
    private static func write(
        _ answer: ResourceAnswer,
        _ header: ResponseHeader,
        reading store: PayloadStore,
        to writer: inout MessageWriter
    ) throws(MessageError) -> Bool {
        switch answer {
        case .payload(let payload):
            try start(.content, header, to: &writer)
            try writer.option(etag: payload.release.etag)
            try writer.option(.contentFormat, format: .octetStream)
            if let maxAge = payload.maxAgeSeconds { try writer.option(.maxAge, uint: maxAge) }
            return try writeBlock(
                payload.block,
                of: .payload(payload.release, store),
                saysSize: payload.saysSize,
                header,
                to: &writer
            )
        case .document(let document):
            try write(document, header, to: &writer)
        case .valid(let etag, let maxAge):
            try start(.valid, header, to: &writer)
            try writer.option(etag: etag)
            if let maxAge { try writer.option(.maxAge, uint: maxAge) }
        case .failure(let code, let text):
            try writeError(code, text, header, to: &writer)
        case .unknownProduct(let readable):
            try start(.notFound, header, to: &writer)
            writeDiagnostic(readableText(readable).span.bytes, to: &writer)
        case .unavailable(let text):
            try writeUnavailable(text, header, to: &writer)
        }
        return true
    }

    private static func writeUnavailable(
        _ text: StaticString,
        _ header: ResponseHeader,
        to writer: inout MessageWriter
    ) throws(MessageError) {
        try start(.serviceUnavailable, header, to: &writer)
        try writer.option(.maxAge, uint: FirmwareResources.retryAfterSeconds)
        writeDiagnostic(text, to: &writer)
    }

    private static func start(
        _ code: Code,
        _ header: ResponseHeader,
        to writer: inout MessageWriter
    ) throws(MessageError) {
        try writer.start(type: header.type, code: code, messageID: header.messageID, token: header.token)
    }

    private static func write(
        _ document: ResourceAnswer.Document,
        _ header: ResponseHeader,
        to writer: inout MessageWriter
    ) throws(MessageError) {
        try start(.content, header, to: &writer)
        try writer.option(etag: document.etag)
        try writer.option(.contentFormat, format: .linkFormat)
        if let block = document.block {
            _ = try writeBlock(block, of: .document(document), saysSize: document.saysSize, header, to: &writer)
            return
        }
        let sizeBytes = document.saysSize ? size2Bytes : 0
        if document.bytes.count <= min(1024, writer.remainingPayloadBytes - sizeBytes) {
            if document.saysSize { try writer.option(.size2, uint: UInt32(clamping: document.bytes.count)) }
            return try writer.payload(document.bytes.span.bytes)
        }
        // Too long for one message: the first block, and the client asks on (RFC 7959 § 2.4).
        guard let first = try? BlockOption(number: 0, szx: BlockOption.maximumSZX) else { return }
        _ = try writeBlock(first, of: .document(document), saysSize: true, header, to: &writer)
    }

    /// What a block is cut from.
    private enum Body {
        case payload(Release, PayloadStore)
        case document(ResourceAnswer.Document)

        var byteCount: Int {
            switch self {
            case .payload(let release, _): Int(release.sizeBytes)
            case .document(let document): document.bytes.count
            }
        }
    }

    /// Writes Block2, Size2 and the block's bytes, with smaller blocks where the buffer is too small for those asked
    /// for: the block with the same offset then (RFC 7959 § 2.4).
    ///
    /// - Returns: false if the payload's bytes are being fetched.
    private static func writeBlock(
        _ asked: BlockOption,
        of body: Body,
        saysSize: Bool,
        _ header: ResponseHeader,
        to writer: inout MessageWriter
    ) throws(MessageError) -> Bool {
        let room = writer.remainingPayloadBytes - block2Bytes - (saysSize ? size2Bytes : 0)
        var szx = asked.szx
        while szx > 0, 16 << Int(szx) > room { szx -= 1 }
        let number = asked.byteOffset >> (UInt32(szx) + 4)
        guard let candidate = try? BlockOption(number: number, szx: szx),
            let range = candidate.byteRange(totalBytes: body.byteCount),
            let block = try? BlockOption(
                number: number,
                more: candidate.hasMore(totalBytes: body.byteCount),
                szx: szx
            )
        else {
            try writeError(.badOption, "block past the end", header, to: &writer)
            return true
        }
        guard range.count <= room else {
            try writeError(.internalServerError, "", header, to: &writer)
            return true
        }
        var buffer = BlockBuffer()
        if case .payload(let release, let store) = body {
            switch store.read(release, at: range.lowerBound, count: range.count, into: &buffer) {
            case .done: break
            case .notReady: return false
            case .unavailable:
                try writeUnavailable("the payload cannot be read just now", header, to: &writer)
                return true
            }
        }
        try writer.option(.block2, block: block)
        if saysSize { try writer.option(.size2, uint: UInt32(clamping: body.byteCount)) }
        switch body {
        case .payload: try writer.payload(buffer.bytes(first: range.count))
        case .document(let document): try writer.payload(document.bytes.span.bytes.extracting(range))
        }
        return true
    }

    private static func writeError(
        _ code: Code,
        _ text: StaticString,
        _ header: ResponseHeader,
        to writer: inout MessageWriter
    ) throws(MessageError) {
        try start(code, header, to: &writer)
        writeDiagnostic(text, to: &writer)
    }

    private static func writeDiagnostic(_ text: StaticString, to writer: inout MessageWriter) {
        text.withUTF8Buffer { bytes in
            // A text that does not fit is left out: the code says what matters.
            try? writer.payload(bytes.span.bytes)
        }
    }

    private static func writeDiagnostic(_ text: RawSpan, to writer: inout MessageWriter) {
        try? writer.payload(text)
    }

    private static func readableText(_ readable: [UInt16]) -> [UInt8] {
        var text = "no such product; this identity may read "
        text +=
            readable.isEmpty
            ? "none" : readable.prefix(ResourceAnswer.namedProducts).map { "\($0)" }.joined(separator: ", ")
        if readable.count > ResourceAnswer.namedProducts { text += ", … (GET /fw lists all)" }
        return Array(text.utf8)
    }
}
