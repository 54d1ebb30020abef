import CoAP
import Testing

@Suite("Writing CoAP messages", .timeLimit(.minutes(15)))
struct MessageWriterTests {
    /// Runs `body` on a writer over `count` bytes and returns what it finished, or the error.
    private func write(
        _ count: Int = 64,
        _ body: (inout MessageWriter) throws(MessageError) -> Void
    ) -> Result<[UInt8], MessageError> {
        var buffer = [UInt8](repeating: 0xA5, count: count)
        do {
            let written = try Self.run(&buffer, body)
            return .success(Array(buffer[..<written]))
        } catch {
            return .failure(error)
        }
    }

    private static func run(
        _ buffer: inout [UInt8],
        _ body: (inout MessageWriter) throws(MessageError) -> Void
    ) throws(MessageError) -> Int {
        var span = buffer.mutableSpan
        var writer = MessageWriter(into: span.mutableBytes)
        try body(&writer)
        return try writer.finish()
    }

    @Test func everyKindOfValue() throws {
        let block = try BlockOption(number: 4095, more: true, szx: 6)
        let etag = try #require(ETag(value: 0x0102, length: 2))
        let result = write { writer throws(MessageError) in
            try writer.start(type: .nonConfirmable, code: .get, messageID: 0x0102, token: Token(0x1122_3344_5566_7788))
            try writer.option(etag: etag)
            try writer.option(.ifNoneMatch)
            try writer.option(.uriPath, string: "fw")
            try writer.option(.uriPath, decimal: 65_535)
            try writer.option(.uriPath, decimal: 0)
            try writer.option(.accept, format: .octetStream)
            try writer.option(.block2, block: block)
            try writer.option(.size2, uint: 0)
            try writer.option(.requestTag, bytes: hex("aa").span.bytes)
        }
        let expected = hex(
            "58 01 0102 1122334455667788 42 0102 10 62 6677 05 3635353335 01 30 61 2a 62 fffe 50 d1 fb aa"
        )
        #expect(result == .success(expected))
    }

    @Test(arguments: [
        (UInt32(0), ""), (1, "01"), (255, "ff"), (256, "0100"), (65_535, "ffff"), (65_536, "010000"),
        (0xFF_FFFF, "ffffff"), (0x0100_0000, "01000000"), (.max, "ffffffff"),
    ])
    func uintTakesAsFewBytesAsPossible(value: UInt32, expected: String) {
        let result = write { writer throws(MessageError) in
            try writer.start(type: .confirmable, code: .get, messageID: 0)
            try writer.option(.size1, uint: value)
        }
        #expect(result == .success(hex("40010000 d\(expected.count / 2) 2f") + hex(expected)))
        #expect(OptionUInt.byteCount(of: value) == expected.count / 2)
        #expect(decodeUInt(hex(expected).span.bytes) == value)
    }

    @Test func payloadMayComeInPieces() {
        let result = write { writer throws(MessageError) in
            try writer.start(type: .acknowledgement, code: .content, messageID: 9)
            try writer.payload([UInt8]().span.bytes)
            try writer.payload(hex("0102").span.bytes)
            try writer.payload([UInt8]().span.bytes)
            try writer.payload(hex("03").span.bytes)
        }
        #expect(result == .success(hex("60450009 ff 010203")))
    }

    @Test func startAgainForgetsEverything() {
        let result = write { writer throws(MessageError) in
            try writer.start(type: .acknowledgement, code: .content, messageID: 9, token: Token(1))
            try writer.option(.size1, uint: 7)
            try writer.payload(hex("0102").span.bytes)
            try writer.start(type: .acknowledgement, code: .notFound, messageID: 9)
            try writer.option(.etag, bytes: hex("01").span.bytes)
        }
        #expect(result == .success(hex("60840009 4101")))
    }

    @Test func misuseIsAnError() {
        let number = OptionNumber.uriPath
        #expect(write { _ throws(MessageError) in } == .failure(.notStarted))
        #expect(
            write { writer throws(MessageError) in try writer.option(number) } == .failure(.notStarted)
        )
        #expect(
            write { writer throws(MessageError) in try writer.payload(hex("01").span.bytes) } == .failure(.notStarted)
        )
        #expect(
            write { writer throws(MessageError) in
                try writer.start(type: .confirmable, code: .get, messageID: 0)
                try writer.option(.block2, uint: 0)
                try writer.option(.uriPath, string: "a")
            } == .failure(.optionOutOfOrder(.uriPath, after: .block2))
        )
        #expect(
            write { writer throws(MessageError) in
                try writer.start(type: .confirmable, code: .get, messageID: 0)
                try writer.payload(hex("01").span.bytes)
                try writer.option(number)
            } == .failure(.optionAfterPayload(number))
        )
        #expect(
            write { writer throws(MessageError) in
                try writer.start(type: .reset, code: .empty, messageID: 0, token: Token(1))
            } == .failure(.emptyMessageWithContent)
        )
        #expect(
            write { writer throws(MessageError) in
                try writer.start(type: .reset, code: .empty, messageID: 0)
                try writer.option(number)
            } == .failure(.emptyMessageWithContent)
        )
        #expect(
            write { writer throws(MessageError) in
                try writer.start(type: .reset, code: .empty, messageID: 0)
                try writer.payload(hex("01").span.bytes)
            } == .failure(.emptyMessageWithContent)
        )
    }

    @Test func valuesUpTo65804BytesAreWritten() throws {
        let longest = DecodedMessage(
            type: .confirmable,
            code: .get,
            messageID: 0,
            options: [.init(number: 65_535, value: [UInt8](repeating: 7, count: 65_804))]
        )
        #expect(try DecodedMessage(datagram: longest.written(capacityBytes: 70_000)) == longest)
        var tooLong = longest
        tooLong.options[0].value.append(7)
        #expect(throws: MessageError.optionValueTooLong(OptionNumber(rawValue: 65_535))) {
            try tooLong.written(capacityBytes: 70_000)
        }
    }

    /// Whatever does not fit is refused whole, with the size that it needs, and nothing past the buffer is touched.
    @Test func everyBufferThatIsTooSmallIsRefused() throws {
        let message = try DecodedMessage(datagram: MalformedExample.longMessage)
        for capacity in 0..<MalformedExample.longMessage.count {
            do {
                _ = try message.written(capacityBytes: capacity)
                Issue.record("\(capacity) bytes were enough")
            } catch {
                guard case .bufferTooSmall(let needed) = error else {
                    Issue.record("\(capacity) bytes: \(error)")
                    continue
                }
                #expect(needed > capacity && needed <= MalformedExample.longMessage.count)
            }
        }
        #expect(try message.written(capacityBytes: MalformedExample.longMessage.count) == MalformedExample.longMessage)
    }

    @Test func afterAnErrorTheRestCanStillBeWritten() {
        let result = write(12) { writer throws(MessageError) in
            try writer.start(type: .acknowledgement, code: .content, messageID: 1)
            try writer.option(.etag, bytes: hex("01").span.bytes)
            var thrown: MessageError?
            do throws(MessageError) {
                try writer.option(.uriPath, string: "too long")
            } catch {
                thrown = error
            }
            #expect(thrown == .bufferTooSmall(needed: 15))
            #expect(writer.byteCount == 6)
            #expect(writer.remainingPayloadBytes == 5)
            // Lower than the option that failed: it left no trace.
            try writer.option(.observe, uint: 0)
            #expect(writer.remainingPayloadBytes == 4)
            do throws(MessageError) {
                try writer.payload(hex("0102030405").span.bytes)
            } catch {
                thrown = error
            }
            #expect(thrown == .bufferTooSmall(needed: 13))
            try writer.payload(hex("01020304").span.bytes)
            #expect(writer.remainingPayloadBytes == 0)
        }
        #expect(result == .success(hex("60450001 4101 20 ff 01020304")))
    }
}
