import CoAP
import Testing

/// A datagram that an RFC draws, with what it means.
struct MessageExample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let message: DecodedMessage
    let role: MessageRole

    var testDescription: String { name }

    static let all: [MessageExample] = [
        MessageExample(
            name: "RFC 7252 figure 16: confirmable GET /temperature",
            bytes: hex("40 01 7d34 bb 74656d7065726174757265"),
            message: DecodedMessage(
                type: .confirmable,
                code: .get,
                messageID: 0x7D34,
                options: [.init(number: 11, value: Array("temperature".utf8))]
            ),
            role: .request
        ),
        MessageExample(
            name: "RFC 7252 figure 16: piggybacked 2.05 \"22.3 C\"",
            bytes: hex("60 45 7d34 ff 32322e332043"),
            message: DecodedMessage(
                type: .acknowledgement,
                code: .content,
                messageID: 0x7D34,
                payload: Array("22.3 C".utf8)
            ),
            role: .response
        ),
        MessageExample(
            name: "RFC 7252 figure 17: the same with token 0x20",
            bytes: hex("41 01 7d35 20 bb 74656d7065726174757265"),
            message: DecodedMessage(
                type: .confirmable,
                code: .get,
                messageID: 0x7D35,
                token: [0x20],
                options: [.init(number: 11, value: Array("temperature".utf8))]
            ),
            role: .request
        ),
        MessageExample(
            name: "RFC 7252 figure 17: its response",
            bytes: hex("61 45 7d35 20 ff 32322e332043"),
            message: DecodedMessage(
                type: .acknowledgement,
                code: .content,
                messageID: 0x7D35,
                token: [0x20],
                payload: Array("22.3 C".utf8)
            ),
            role: .response
        ),
        MessageExample(
            name: "RFC 7252 figure 20: empty acknowledgement",
            bytes: hex("60 00 7d38"),
            message: DecodedMessage(type: .acknowledgement, code: .empty, messageID: 0x7D38),
            role: .emptyAcknowledgement
        ),
        MessageExample(
            name: "RFC 7252 figure 20: separate confirmable response",
            bytes: hex("41 45 ad7b 53 ff 32322e332043"),
            message: DecodedMessage(
                type: .confirmable,
                code: .content,
                messageID: 0xAD7B,
                token: [0x53],
                payload: Array("22.3 C".utf8)
            ),
            role: .response
        ),
        MessageExample(
            name: "RFC 7252 figure 22: non-confirmable request",
            bytes: hex("51 01 7d40 75 bb 74656d7065726174757265"),
            message: DecodedMessage(
                type: .nonConfirmable,
                code: .get,
                messageID: 0x7D40,
                token: [0x75],
                options: [.init(number: 11, value: Array("temperature".utf8))]
            ),
            role: .request
        ),
        MessageExample(
            name: "RFC 7252 section 4.3: ping",
            bytes: hex("40 00 0001"),
            message: DecodedMessage(type: .confirmable, code: .empty, messageID: 1),
            role: .ping
        ),
        MessageExample(
            name: "RFC 7252 section 4.2: reset",
            bytes: hex("70 00 7d38"),
            message: DecodedMessage(type: .reset, code: .empty, messageID: 0x7D38),
            role: .reset
        ),
        MessageExample(
            name: "RFC 7959 section 3.1: 2.05 with 2:0/1/128, 128 bytes and more to come",
            bytes: hex("60 45 04d2 d1 0a 0b ff") + [UInt8](repeating: 0x2A, count: 128),
            message: DecodedMessage(
                type: .acknowledgement,
                code: .content,
                messageID: 1234,
                options: [.init(number: 23, value: [0x0B])],
                payload: [UInt8](repeating: 0x2A, count: 128)
            ),
            role: .response
        ),
        MessageExample(
            name: "RFC 7959 section 3.1: GET /status 2:0/0/64, early negotiation",
            bytes: hex("40 01 04d2 b6 737461747573 c1 02"),
            message: DecodedMessage(
                type: .confirmable,
                code: .get,
                messageID: 1234,
                options: [.init(number: 11, value: Array("status".utf8)), .init(number: 23, value: [0x02])]
            ),
            role: .request
        ),
        MessageExample(
            name: "RFC 7959 section 3.2: PUT /options 1:1/1/128",
            bytes: hex("40 03 04d3 b7 6f7074696f6e73 d1 03 1b ff 00"),
            message: DecodedMessage(
                type: .confirmable,
                code: .put,
                messageID: 1235,
                options: [.init(number: 11, value: Array("options".utf8)), .init(number: 27, value: [0x1B])],
                payload: [0]
            ),
            role: .request
        ),
        MessageExample(
            name: "delta and length 12, 13, 268, 269",
            bytes: hex("40 01 0000 cc 000000000000000000000000 dd 0000 00000000000000000000000000")
                + hex("dd ff ff") + [UInt8](repeating: 1, count: 268)
                + hex("ee 0000 0000") + [UInt8](repeating: 2, count: 269),
            message: DecodedMessage(
                type: .confirmable,
                code: .get,
                messageID: 0,
                options: [
                    .init(number: 12, value: [UInt8](repeating: 0, count: 12)),
                    .init(number: 25, value: [UInt8](repeating: 0, count: 13)),
                    .init(number: 293, value: [UInt8](repeating: 1, count: 268)),
                    .init(number: 562, value: [UInt8](repeating: 2, count: 269)),
                ]
            ),
            role: .request
        ),
        MessageExample(
            name: "the greatest option number, 65535",
            bytes: hex("40 01 0000 e0 fef2"),
            message: DecodedMessage(
                type: .confirmable,
                code: .get,
                messageID: 0,
                options: [.init(number: 65_535, value: [])]
            ),
            role: .request
        ),
        MessageExample(
            name: "a payload of marker bytes",
            bytes: hex("40 02 ffff ff ffff"),
            message: DecodedMessage(type: .confirmable, code: .post, messageID: 0xFFFF, payload: [0xFF, 0xFF]),
            role: .request
        ),
    ]
}

@Suite("CoAP messages as the RFCs draw them", .timeLimit(.minutes(15)))
struct MessageExampleTests {
    @Test(arguments: MessageExample.all)
    func isRead(_ example: MessageExample) throws {
        #expect(try DecodedMessage(datagram: example.bytes) == example.message)
        #expect(try MessageView(example.bytes.span.bytes).role == example.role)
    }

    @Test(arguments: MessageExample.all)
    func isWritten(_ example: MessageExample) throws {
        #expect(try example.message.written() == example.bytes)
        #expect(example.message.referenceEncoding() == example.bytes)
    }

    @Test func emptyMessagesAreFourBytes() throws {
        for (message, expected) in [
            (EmptyMessage.acknowledgement(messageID: 0x7D38), "60007d38"),
            (.reset(messageID: 0xFFFE), "7000fffe"),
            (.ping(messageID: 1), "40000001"),
        ] {
            var buffer = [UInt8](repeating: 0xA5, count: 6)
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            #expect(try message.write(into: &bytes) == 4)
            #expect(hexText(buffer) == expected + "a5a5")
            let written = message.bytes
            #expect(hexText((0..<4).map { written[$0] }) == expected)
        }
    }

    @Test func emptyMessageNeedsFourBytes() {
        var buffer: [UInt8] = [1, 2, 3]
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        var thrown: MessageError?
        do {
            try EmptyMessage.reset(messageID: 1).write(into: &bytes)
        } catch {
            thrown = error
        }
        #expect(thrown == .bufferTooSmall(needed: 4))
        #expect(buffer == [1, 2, 3])
    }
}
