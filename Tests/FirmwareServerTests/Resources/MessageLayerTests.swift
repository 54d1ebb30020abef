import CoAP
import FirmwareServer
import Testing

/// CON, NON, ping, reset and what is none of them (RFC 7252 § 4).
@Suite(.timeLimit(.minutes(15))) struct MessageLayerTests {
    @Test func aConfirmableRequestIsAnsweredInItsAcknowledgement() throws {
        let served = try Served.standard()
        #expect(served.reply(Request("fw/7"))?.type == .acknowledgement)
        #expect(served.reply(Request("fw/7"))?.messageID == 0x1234)
    }

    /// A peer that uses each of its message IDs once gets answers under as many: whatever other peers do, and however
    /// fast it asks, a client that drops messages with an ID it has seen (RFC 7252 § 4.5) drops no fresh answer.
    @Test func messageIDsAreOfThePeersOwnAndNeverReusedTowardsIt() throws {
        let served = try Served.standard()
        var seen = Set<UInt16>()
        for messageID in UInt16.min...UInt16.max {
            var request = Request("fw/8", type: .nonConfirmable)
            request.messageID = messageID
            let reply = try #require(served.reply(request))
            #expect(reply.type == .nonConfirmable && reply.token == request.token)
            #expect(seen.insert(reply.messageID).inserted, "message ID \(reply.messageID) again")
            // Somebody else asks in between.
            if messageID % 64 == 0 { _ = served.reply(Request("fw/7", type: .nonConfirmable), from: .anonymous) }
        }
        #expect(seen.count == 65_536)
    }

    @Test(arguments: [MessageType.confirmable, .nonConfirmable])
    func aDuplicateIsAnsweredAlike(type: MessageType) throws {
        let served = try Served.standard()
        let request = Request("fw/7", type: type).block(1, szx: 6)
        let first = served.bytes(request.bytes)
        #expect(first != nil)
        #expect(served.bytes(request.bytes) == first)
    }

    @Test(arguments: [0, 1, 8]) func tokensAreRepeated(length: Int) throws {
        let served = try Served.standard()
        var request = Request("fw/7")
        request.token = (0..<length).map { UInt8($0 + 1) }
        #expect(served.reply(request)?.token == request.token)
    }

    static let answers: [(name: String, datagram: [UInt8], answer: [UInt8]?)] = [
        ("ping", [0x40, 0, 0xAB, 0xCD], [0x70, 0, 0xAB, 0xCD]),
        ("empty NON", [0x50, 0, 0xAB, 0xCD], nil),
        ("empty ACK", [0x60, 0, 0xAB, 0xCD], nil),
        ("reset", [0x70, 0, 0xAB, 0xCD], nil),
        ("ping with a token", [0x41, 0, 0xAB, 0xCD, 1], [0x70, 0, 0xAB, 0xCD]),
        ("empty CON with bytes behind", [0x40, 0, 0xAB, 0xCD, 0xFF], [0x70, 0, 0xAB, 0xCD]),
        ("GET in an ACK", [0x60, 1, 0xAB, 0xCD], nil),
        ("GET in a reset", [0x70, 1, 0xAB, 0xCD], nil),
        ("CON response", [0x40, 0x45, 0xAB, 0xCD], [0x70, 0, 0xAB, 0xCD]),
        ("NON response", [0x50, 0x45, 0xAB, 0xCD], nil),
        ("ACK response", [0x60, 0x45, 0xAB, 0xCD], nil),
        ("CON of class 1", [0x40, 0x21, 0xAB, 0xCD], [0x70, 0, 0xAB, 0xCD]),
        ("NON of class 1", [0x50, 0x21, 0xAB, 0xCD], nil),
        ("CON of class 7 (signalling, TCP only)", [0x40, 0xE1, 0xAB, 0xCD], [0x70, 0, 0xAB, 0xCD]),
        ("version 0", [0x00, 1, 0xAB, 0xCD], nil),
        ("version 2", [0x80, 1, 0xAB, 0xCD], nil),
        ("version 3", [0xC0, 1, 0xAB, 0xCD], nil),
        ("nothing", [], nil),
        ("three bytes", [0x40, 1, 0xAB], nil),
        ("CON with token length 9", [0x49, 1, 0xAB, 0xCD, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0x70, 0, 0xAB, 0xCD]),
        ("NON with token length 9", [0x59, 1, 0xAB, 0xCD, 1, 2, 3, 4, 5, 6, 7, 8, 9], nil),
        ("CON cut in the token", [0x44, 1, 0xAB, 0xCD, 1], [0x70, 0, 0xAB, 0xCD]),
        ("CON with a marker and no payload", [0x40, 1, 0xAB, 0xCD, 0xFF], [0x70, 0, 0xAB, 0xCD]),
        ("CON with option delta 15", [0x40, 1, 0xAB, 0xCD, 0xF0], [0x70, 0, 0xAB, 0xCD]),
        ("CON with option length 15", [0x40, 1, 0xAB, 0xCD, 0x0F], [0x70, 0, 0xAB, 0xCD]),
        ("CON cut in an option", [0x40, 1, 0xAB, 0xCD, 0xB4, 0x66], [0x70, 0, 0xAB, 0xCD]),
        ("NON cut in an option", [0x50, 1, 0xAB, 0xCD, 0xB4, 0x66], nil),
        ("ACK cut in an option", [0x60, 0x45, 0xAB, 0xCD, 0xB4, 0x66], nil),
    ]

    @Test(arguments: answers.indices) func whatIsNoRequest(index: Int) throws {
        let row = MessageLayerTests.answers[index]
        let served = try Served.standard()
        #expect(served.bytes(row.datagram) == row.answer, "\(row.name)")
    }

    static let badOptions: [(name: String, request: Request)] = [
        ("unknown critical option 9999", Request("fw/7").with(OptionNumber(rawValue: 9999), [1])),
        ("OSCORE", Request("fw/7").with(.oscore)),
        ("Q-Block2", Request("fw/7").with(.qBlock2)),
        ("Block2 of four bytes", Request("fw/7").with(.block2, [0, 0, 0, 6])),
        ("Block2 twice", Request("fw/7").block(0, szx: 6).block(1, szx: 6)),
        ("Accept twice", Request("fw/7").with(.accept, [42]).with(.accept, [42])),
        ("Uri-Host empty", Request("fw/7").with(.uriHost)),
        ("Uri-Port of three bytes", Request("fw/7").with(.uriPort, [1, 2, 3])),
        ("If-None-Match with a value", Request("fw/7").with(.ifNoneMatch, [1])),
        ("If-Match of nine bytes", Request("fw/7").with(.ifMatch, [UInt8](repeating: 1, count: 9))),
        ("unknown critical option on an unknown path", Request("x").with(OptionNumber(rawValue: 9999))),
    ]

    @Test(arguments: badOptions.indices) func criticalOptionsNotUnderstood(index: Int) throws {
        let row = MessageLayerTests.badOptions[index]
        let served = try Served.standard()
        #expect(served.reply(row.request)?.code == .badOption, "\(row.name)")
        // RFC 7252 § 5.4.1: a NON message with one is rejected.
        var nonConfirmable = row.request
        nonConfirmable.type = .nonConfirmable
        #expect(served.bytes(nonConfirmable.bytes) == [0x70, 0, 0x12, 0x34], "\(row.name)")
    }

    @Test func block1HasNothingToDoInAGet() throws {
        let served = try Served.standard()
        #expect(served.reply(Request("fw/7").with(.block1, [0x06]))?.code == .badOption)
    }

    @Test func electiveOptionsAreLetBe() throws {
        let served = try Served.standard()
        let request = Request("fw/7").with(.uriHost, "example").with(.uriPort, [0x16, 0x34])
            .with(.observe).with(.uriQuery, "x=1").with(OptionNumber(rawValue: 9998), [1, 2]).with(.echo, [1])
            .with(.requestTag, [1]).with(.size1, [5]).with(.etag, [UInt8](repeating: 0, count: 9))
            .with(.noResponse, [0])
        let reply = try #require(served.reply(request))
        #expect(reply.code == .content)
        #expect(reply.options[OptionNumber.observe.rawValue] == nil)
    }

    @Test func thisIsNoProxy() throws {
        let served = try Served.standard()
        #expect(served.reply(Request("").with(.proxyUri, "coap://a/b"))?.code == .proxyingNotSupported)
        #expect(served.reply(Request("fw/7").with(.proxyScheme, "http"))?.code == .proxyingNotSupported)
    }

    @Test func aPayloadInAGetIsPassedOver() throws {
        let served = try Served.standard()
        var request = Request("fw/7")
        request.payload = [1, 2, 3]
        #expect(served.reply(request)?.code == .content)
    }
}
