import DTLS
import SeededRandom
import Testing

@Suite(.timeLimit(.minutes(15))) struct CookieTests {
    private func firstHello() throws -> (TestClient, [UInt8]) {
        let client = try TestClient()
        return (client, try only(client.start()))
    }

    @Test func aHelloWithoutCookieMakesNoStateAndIsNotAmplified() throws {
        let (_, hello) = try firstHello()
        let server = try TestServer()
        for _ in 0..<100 {
            let answer = try server.receive(hello)
            #expect(answer.count == 1)
            #expect(answer.allSatisfy { $0.count < hello.count })
        }
        #expect(server.handshake == nil)
    }

    @Test func aCookieIsGoodForItsAddressOnly() throws {
        let (client, hello) = try firstHello()
        let server = try TestServer()
        let withCookie = try only(client.receive(try only(try server.receive(hello))))
        let other: [UInt8] = [127, 0, 0, 1, 0x16, 0x35]
        #expect(try server.receive(withCookie, from: other).count == 1)
        #expect(server.handshake == nil)
        try server.receive(withCookie)
        #expect(server.handshake != nil)
    }

    @Test func aForgedCookieIsChallengedAgain() throws {
        let (client, hello) = try firstHello()
        let server = try TestServer()
        let withCookie = try only(client.receive(try only(try server.receive(hello))))
        // Any bit of the hello up to the end of the cookie: random, session id, cookie.
        let cookieStart = 25 + 34 + 1 + 1
        for offset in Array(27..<59) + Array(cookieStart..<cookieStart + 16) {
            var forged = withCookie
            forged[offset] ^= 0x40
            try server.receive(forged)
            #expect(server.handshake == nil, "byte \(offset)")
        }
    }

    @Test func anOldCookieIsOfNoUse() throws {
        let (client, hello) = try firstHello()
        let server = try TestServer()
        let withCookie = try only(client.receive(try only(try server.receive(hello))))
        try server.gate.rotateSecret()
        let address = testAddress
        guard case .verified = server.gate.check(withCookie.span.bytes, from: address.span.bytes) else {
            Issue.record("a cookie must survive one change of the secret")
            return
        }
        try server.gate.rotateSecret()
        try server.receive(withCookie)
        #expect(server.handshake == nil)
    }

    @Test func dtls10IsRefused() throws {
        let (client, hello) = try firstHello()
        let server = try TestServer()
        func downgraded(_ hello: [UInt8]) -> [UInt8] {
            var hello = hello
            hello[26] = 0xFF
            return hello
        }
        let old = downgraded(hello)
        let challenge = try #require(try server.receive(old).first)
        // The client repeats the hello with the cookie, which belongs to the old hello's parameters.
        let cookie = Array(challenge.suffix(16))
        var again = Array(old[..<60]) + [16] + cookie + Array(old[61...])
        for (offset, added) in [(11, 16), (14 + 1, 16), (22 + 1, 16)] {
            let value = Int(again[offset]) << 8 + Int(again[offset + 1]) + added
            again[offset] = UInt8(value >> 8)
            again[offset + 1] = UInt8(value & 0xFF)
        }
        again[10] = 1
        again[18] = 1
        try server.receive(again)
        #expect(server.handshake != nil)
        #expect(server.events == [.failed(.versionRefused)])
        _ = client
    }

    @Test func malformedHellosAreNotAnswered() throws {
        let (_, hello) = try firstHello()
        let server = try TestServer()
        for end in 0..<hello.count {
            #expect(try server.receive(Array(hello[..<end])).isEmpty, "cut at \(end)")
        }
        // Wrong length, wrong epoch, not a handshake, not DTLS, not the first fragment, one without a cookie's length.
        for (offset, value) in [(0, 23), (1, 3), (4, 1), (13, 2), (16, 0), (21, 1), (24, 20), (59, 33)] {
            var bad = hello
            bad[offset] = UInt8(value)
            #expect(try server.receive(bad).isEmpty, "byte \(offset)")
        }
        #expect(server.handshake == nil)
    }
}

@Suite(.timeLimit(.minutes(15))) struct HostileRecordTests {
    private func connected() throws -> TestPair {
        var pair = try TestPair()
        try pair.connect()
        return pair
    }

    @Test func damagedRecordsAreIgnored() throws {
        let pair = try connected()
        let record = try pair.client.session.sealed(Array("hello".utf8))
        for offset in record.indices {
            var damaged = record
            damaged[offset] ^= 0x20
            #expect(try pair.server.receive(damaged).isEmpty, "byte \(offset)")
            #expect(try pair.server.receive(Array(record[..<offset])).isEmpty, "cut at \(offset)")
        }
        #expect(pair.server.messages.isEmpty)
        #expect(pair.server.events == [.established])
        try pair.server.receive(record)
        #expect(pair.server.messages == [Array("hello".utf8)])
    }

    @Test func replayedRecordsAreIgnoredAndReorderedOnesAreNot() throws {
        let pair = try connected()
        let records = try (0..<20).map { try pair.client.session.sealed([UInt8($0)]) }
        for record in records.reversed() {
            try pair.server.receive(record)
            try pair.server.receive(record)
        }
        for record in records { try pair.server.receive(record) }
        #expect(pair.server.messages == (0..<20).reversed().map { [UInt8($0)] })
    }

    @Test func severalRecordsInOneDatagramAreAllRead() throws {
        let pair = try connected()
        let records = try (0..<5).map { try pair.client.session.sealed([UInt8($0)]) }
        var damaged = records
        damaged[1][damaged[1].count - 1] ^= 1
        try pair.server.receive(Array(damaged.joined()))
        let got = pair.server.messages
        #expect(got.contains([0]) && !got.contains([1]))
        try pair.server.receive(try pair.client.session.sealed([9]))
        #expect(pair.server.messages.last == [9])
    }

    @Test func recordsOfAnotherSessionAreIgnored() throws {
        let pair = try connected()
        let other = try connected()
        try pair.server.receive(try other.client.session.sealed([1, 2, 3]))
        #expect(pair.server.messages.isEmpty)
        #expect(pair.server.events == [.established])
    }

    @Test func plainAlertsDoNotEndAnEstablishedSession() throws {
        let pair = try connected()
        for description: UInt8 in [0, 20, 40, 51] {
            let alert: [UInt8] = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 40, 0, 2, 2, description]
            try pair.server.receive(alert)
            pair.client.receive(alert)
        }
        #expect(pair.server.events == [.established])
        #expect(pair.client.events == [.established])
    }

    /// GnuTLS by itself would send its last flight for them, to whoever is named as their sender.
    @Test func plainHandshakeRecordsAreNotAnswered() throws {
        let pair = try connected()
        for type: UInt8 in [0, 2, 11, 12, 14, 20] {
            for number: UInt8 in 0...3 {
                let message = [type, 0, 0, 12, 0, number, 0, 0, 0, 0, 0, 12] + [UInt8](repeating: 0, count: 12)
                let record = [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 40 + number, 0, UInt8(message.count)] + message
                #expect(try pair.server.receive(record).isEmpty, "type \(type), message \(number)")
            }
        }
        #expect(pair.server.events == [.established])
        try pair.server.receive(try pair.client.session.sealed([7]))
        #expect(pair.server.messages == [[7]])
    }

    /// Random bytes, random bytes with a record header, and mutations of real records, at every stage.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func garbageNeverEndsAnEstablishedSession(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let pair = try connected()
        for round in 0..<3000 {
            var datagram: [UInt8]
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                datagram = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            case 1:
                let length = Int.random(in: 0...100, using: &generator)
                datagram = [UInt8.random(in: 20...24, using: &generator), 0xFE, 0xFD, 0]
                datagram += [UInt8.random(in: 0...2, using: &generator), 0, 0, 0, 0, 0]
                datagram += [UInt8.random(in: 0...255, using: &generator), 0, UInt8(length)]
                datagram += (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            default:
                datagram = try pair.client.session.sealed([UInt8](repeating: 1, count: 40))
                for _ in 0...Int.random(in: 0..<4, using: &generator) {
                    let offset = Int.random(in: 0..<datagram.count, using: &generator)
                    datagram[offset] ^= UInt8.random(in: 1...255, using: &generator)
                }
            }
            let answer = try pair.server.receive(datagram)
            let answered = answer.reduce(0) { $0 + $1.count }
            #expect(answered <= max(datagram.count, 44), "seed \(seed) round \(round)")
        }
        #expect(pair.server.events == [.established], "seed \(seed)")
        #expect(pair.server.messages.isEmpty, "seed \(seed)")
        try pair.server.receive(try pair.client.session.sealed([7]))
        #expect(pair.server.messages == [[7]], "seed \(seed)")
    }

    /// Mutated handshakes may fail, but never hang, crash, or authenticate with a damaged transcript on both sides.
    @Test(arguments: [1, 101, 201, 301] as [UInt64])
    func mutatedHandshakesEndInOrder(firstSeed: UInt64) throws {
        for seed in firstSeed..<firstSeed + 100 { try mutatedHandshake(seed) }
    }

    private func mutatedHandshake(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let client = try TestClient()
        let server = try TestServer()
        var toServer = client.start()
        for _ in 0..<40 {
            var toClient: [[UInt8]] = []
            for var datagram in toServer {
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    let offset = Int.random(in: 0..<datagram.count, using: &generator)
                    datagram[offset] ^= UInt8.random(in: 1...255, using: &generator)
                }
                toClient += try server.receive(datagram)
            }
            toServer = []
            for var datagram in toClient {
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    let offset = Int.random(in: 0..<datagram.count, using: &generator)
                    datagram[offset] ^= UInt8.random(in: 1...255, using: &generator)
                }
                toServer += client.receive(datagram)
            }
        }
        if let identity = server.session?.authenticatedIdentity { #expect(identity == testIdentity) }
        if client.session.state == .established {
            #expect(server.session?.state == .established, "seed \(seed)")
        }
    }
}
