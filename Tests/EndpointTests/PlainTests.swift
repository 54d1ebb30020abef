import Endpoint
import SeededRandom
import TestSupport
import Testing

/// Plain CoAP: nobody can have more sent to others than three times what it sends itself.
@Suite(.timeLimit(.minutes(15))) struct PlainTests {
    private static let large = [UInt8](repeating: 0x60, count: 1046)
    /// GET /fw/7: nine bytes without a token.
    private static let get: [UInt8] = [0x40, 1, 0x12, 0x34, 0xB2, 0x66, 0x77, 0x01, 0x37]
    private let peer = PeerAddress(ipv4: 0x7F00_0001, port: 5000)

    private func server(_ limits: EndpointLimits = EndpointLimits()) throws -> TestEndpoint {
        let server = try TestEndpoint(plain: limits)
        server.respond = { request, _ in request.count < 9 ? [0x60, 0x84, 0, 0] : Self.large }
        return server
    }

    /// Whatever is sent, however long one waits, and however large the answer is.
    @Test(arguments: [60, 100, 400, 1046])
    func anAddressThatHasNotShownItselfGetsThreeTimesWhatItSends(answerBytes: Int) throws {
        var generator = SplitMix64(seed: 10)
        let server = try server()
        server.respond = { _, _ in Array(Self.large[..<answerBytes]) }
        for round in 0..<2000 {
            var request = Self.get
            request[0] = Bool.random(using: &generator) ? 0x48 : 0x58
            request.insert(contentsOf: (0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) }, at: 4)
            if round % 3 == 0 { request = Self.get }
            let spoofed = PeerAddress(ipv4: 0x0A00_0000 + UInt32(round), port: 53)
            var sent = 0
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                try server.receive(request, from: spoofed)
                sent += request.count
                if round % 2 == 0 { try server.advance(by: .milliseconds(200)) }
            }
            try server.advance(by: .seconds(1))
            let answered = server.takeSent().filter { $0.to == spoofed }.reduce(0) { $0 + $1.bytes.count }
            #expect(answered > 0 && answered <= 3 * sent, "round \(round)")
        }
    }

    @Test func aPeerThatAnswersPingsGetsItsAnswerAndTheNextAtOnce() throws {
        let server = try server()
        try server.receive(Self.get, from: peer)
        for _ in 0..<2 {
            let ping = try #require(server.takeSent().first).bytes
            #expect(ping.count == 4 && ping[0] == 0x40 && ping[1] == 0)
            try server.receive([0x70, 0, ping[2], ping[3]], from: peer)
        }
        #expect(server.takeSent().map(\.bytes) == [Self.large])
        try server.receive(Self.get, from: peer)
        #expect(server.takeSent().map(\.bytes) == [Self.large])
        // Not for another port, and not for ever.
        try server.receive(Self.get, from: PeerAddress(ipv4: 0x7F00_0001, port: 5001))
        #expect(server.takeSent().allSatisfy { $0.bytes.count == 4 })
        server.now += .seconds(301)
        try server.receive(Self.get, from: peer)
        #expect(server.takeSent().allSatisfy { $0.bytes.count == 4 })
    }

    @Test func guessedResetsShowNothing() throws {
        let server = try server()
        try server.receive(Self.get, from: peer)
        let ping = try #require(server.takeSent().first).bytes
        for messageID in 0..<UInt16(2000) where messageID != UInt16(ping[2]) << 8 | UInt16(ping[3]) {
            try server.receive([0x70, 0, UInt8(messageID >> 8), UInt8(messageID & 255)], from: peer)
        }
        #expect(server.takeSent().isEmpty)
    }

    @Test(arguments: [0x48, 0x58] as [UInt8])
    func aPeerThatDoesNotIsAskedToEcho(first: UInt8) throws {
        let server = try server()
        var request = Self.get
        request[0] = first
        request.insert(contentsOf: [1, 2, 3, 4, 5, 6, 7, 8], at: 4)
        try server.receive(request, from: peer)
        _ = server.takeSent()
        try server.advance(by: .milliseconds(500))
        let challenge = try #require(server.takeSent().first).bytes
        // 4.01, the token, and Echo (252) of eight bytes.
        #expect(challenge[0] == (first == 0x48 ? 0x68 : 0x58) && challenge[1] == 0x81)
        #expect(Array(challenge[2..<12]) == Array(request[2..<12]))
        #expect(challenge[12] == 0xD8 && challenge[13] == 252 - 13 && challenge.count == 22)
        // The last option of the request is Uri-Path, 11.
        let echo = [0xD8, 252 - 11 - 13] + challenge[14...]
        try server.receive(request + echo, from: PeerAddress(ipv4: 0x7F00_0001, port: 5001))
        #expect(server.takeSent().allSatisfy { $0.bytes.count == 4 })
        var forged = request + echo
        forged[forged.count - 1] ^= 1
        try server.receive(forged, from: peer)
        #expect(server.takeSent().allSatisfy { $0.bytes.count == 4 })
        try server.receive(request + echo, from: peer)
        #expect(server.takeSent().map(\.bytes) == [Self.large])
    }

    @Test func anOldEchoIsOfNoUse() throws {
        let server = try server()
        try server.receive(Self.get, from: peer)
        try server.advance(by: .milliseconds(500))
        let challenge = try #require(server.takeSent().last).bytes
        let request = Self.get + [0xD8, 252 - 11 - 13] + challenge[6...]
        server.now += .seconds(300)
        try server.receive(request, from: peer)
        #expect(server.takeSent().allSatisfy { $0.bytes.count == 4 })
    }

    @Test func smallAnswersNeedNoProofAndPortZeroGetsNone() throws {
        let server = try server()
        try server.receive([0x40, 1, 0x12, 0x34], from: peer)
        #expect(server.takeSent().map(\.bytes) == [[0x60, 0x84, 0, 0]])
        try server.receive(Self.get, from: PeerAddress(ipv4: 0x7F00_0001, port: 0))
        try server.advance(by: .seconds(2))
        #expect(server.takeSent().isEmpty)
    }

    @Test func whatWaitsAndWhatIsRememberedIsBounded() throws {
        let server = try server(EndpointLimits(plainPeers: 100))
        for index in 0..<20_000 {
            try server.receive(Self.get, from: PeerAddress(ipv4: 0x0A00_0000 + UInt32(index), port: 1))
        }
        #expect(server.takeSent().count == 20_000)
        try server.advance(by: .seconds(1))
        #expect(server.takeSent().count == 1_024)
    }
}
