import DTLS
import Testing

/// A wrong key and an unknown identity are told to the client within the handshake, and look the same.
@Suite(.timeLimit(.minutes(15))) struct AuthenticationTests {
    enum Mistake: CaseIterable {
        case wrongKey, unknownIdentity, overlongIdentityAtTheLimit

        func client() throws -> TestClient {
            switch self {
            case .wrongKey: try TestClient(key: [UInt8](repeating: 9, count: 16))
            case .unknownIdentity: try TestClient(identity: Array("dev-2".utf8))
            case .overlongIdentityAtTheLimit: try TestClient(identity: [UInt8](repeating: 65, count: 128))
            }
        }
    }

    @Test(arguments: Mistake.allCases)
    func bothSidesReportIt(_ mistake: Mistake) throws {
        var pair = TestPair(client: try mistake.client(), server: try TestServer())
        try pair.run()
        #expect(pair.client.events == [.failed(.authenticationFailed)])
        #expect(pair.server.events.isEmpty && pair.server.session == nil)
        #expect(!pair.server.refusals.isEmpty)
    }

    /// Nobody holds the key of an identity that is not there.
    @Test(arguments: [1, 16, 32])
    func anUnknownIdentityHasNoKeyThatCanBeGuessed(keyBytes: Int) throws {
        let client = try TestClient(identity: Array("dev-2".utf8), key: [UInt8](repeating: 0, count: keyBytes))
        var pair = TestPair(client: client, server: try TestServer())
        try pair.run()
        #expect(pair.client.events == [.failed(.authenticationFailed)])
        #expect(pair.server.session == nil && !pair.server.refusals.isEmpty)
    }

    @Test func wrongKeyAndUnknownIdentityLookTheSame() throws {
        func shape(_ mistake: Mistake) throws -> [String] {
            var pair = TestPair(client: try mistake.client(), server: try TestServer())
            try pair.run()
            // How often a flight is repeated is a matter of time.
            return Set(pair.trace.map { ($0.fromClient ? ">" : "<") + String($0.bytes.count) }).sorted()
        }
        #expect(try shape(.wrongKey) == shape(.unknownIdentity))
    }

    /// The first Finished that fails is told of. The alert is lost: the client's next Finished gets another one, and
    /// only so many do.
    @Test func theFirstBadFinishedIsToldOfAndAFewMore() throws {
        let client = try TestClient(key: [UInt8](repeating: 9, count: 16))
        let server = try TestServer()
        let challenge = try only(try server.receive(try only(client.start())))
        let flight = try only(try server.receive(try only(client.receive(challenge))))
        let finished = try only(client.receive(flight))
        var alerts: [[UInt8]] = []
        for round in 0..<20 {
            let answers = try server.receive(finished)
            #expect(server.refusals.count == round + 1)
            #expect(answers.allSatisfy { $0.count < finished.count })
            alerts += answers
        }
        #expect(alerts.count == 8)
        client.receive(alerts[7])
        end(client)
        #expect(client.events == [.failed(.authenticationFailed)])
    }

    /// A Finished that was damaged on the way, at any byte, does not end the handshake: the right one succeeds after
    /// it.
    @Test func aDamagedLastFlightDoesNotEndTheHandshake() throws {
        var refused = 0
        for offset in 0... {
            let client = try TestClient()
            let server = try TestServer()
            let challenge = try only(try server.receive(try only(client.start())))
            let flight = try only(try server.receive(try only(client.receive(challenge))))
            let finished = try only(client.receive(flight))
            guard offset < finished.count else { break }
            var damaged = finished
            damaged[offset] ^= 1
            // With what the server says of it.
            for datagram in try server.receive(damaged) { client.receive(datagram) }
            refused += server.refusals.count
            for datagram in try server.receive(finished) { client.receive(datagram) }
            #expect(server.events == [.established], "byte \(offset)")
            #expect(client.events == [.established], "byte \(offset)")
        }
        #expect(refused > 40)
    }

    /// An alert under no key ends nothing by itself: it may be forged (RFC 6347 § 4.1.2.7).
    @Test(arguments: [20, 21, 40, 51, 115] as [UInt8])
    func forgedAlertsDoNotEndAHandshake(description: UInt8) throws {
        let alert: [UInt8] = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, description]
        let client = try TestClient(quickConfiguration { $0.initialRetransmit = .seconds(1) })
        let server = try TestServer()
        var flight = client.start()
        for _ in 0..<3 {
            #expect(client.receive(alert).isEmpty)
            let answers = try server.receive(try only(flight))
            #expect(client.receive(alert).isEmpty)
            flight = client.receive(try only(answers))
        }
        #expect(client.events == [.established])
    }

    /// The peer answers up to the last message, and never that: a key that it keeps silent about, or a server that was
    /// restarted. Not the whole timeout is waited for, and nothing is said of a key.
    @Test func aLastFlightWithoutAnAnswerEndsTheHandshake() throws {
        let client = try TestClient(quickConfiguration { $0.handshakeTimeout = .seconds(600) })
        let server = try TestServer()
        let hello = try only(client.receive(try only(try server.receive(try only(client.start())))))
        let began = ContinuousClock.now
        var sendings = client.receive(try only(try server.receive(hello))).count
        while client.session.state == .handshaking {
            if client.session.timeUntilTimer ?? .zero <= .milliseconds(1) { sendings += client.timerFired().count }
        }
        #expect(client.events == [.failed(.handshakeTimedOut(.onlyFinishedMissing))])
        #expect(sendings >= 4 && sendings <= 10)
        #expect(ContinuousClock.now - began < .seconds(3))
    }

    /// A server that has forgotten the handshake and answers with another: what it then says of the key is about a mix.
    @Test func aMixOfTwoHandshakesSaysNothingOfTheKey() throws {
        let client = try TestClient(key: [UInt8](repeating: 9, count: 16))
        let server = try TestServer()
        let hello = try only(client.receive(try only(try server.receive(try only(client.start())))))
        let finished = try only(client.receive(try only(try server.receive(hello))))
        // The server before it has another cookie secret, and asks for a cookie again.
        let other = try TestServer()
        client.receive(try only(try other.receive(hello)))
        for _ in 0..<3 { for datagram in try server.receive(finished) { client.receive(datagram) } }
        end(client)
        #expect(client.events == [.failed(.handshakeTimedOut(.forgotten))])
    }

    /// The client's port changed, or the server was restarted, between its two hellos: the second has a cookie that is
    /// good no more, and the server asks for another one. That is not waited out.
    @Test func anotherCookieEndsTheHandshakeSoon() throws {
        let client = try TestClient(quickConfiguration { $0.initialRetransmit = .milliseconds(50) })
        let server = try TestServer()
        let hello = try only(client.receive(try only(try server.receive(try only(client.start())))))
        let challenge = try only(try server.receive(hello, from: [127, 0, 0, 1, 0x16, 0x35]))
        let began = ContinuousClock.now
        client.receive(challenge)
        end(client)
        #expect(client.events == [.failed(.handshakeTimedOut(.forgotten))])
        #expect(ContinuousClock.now - began < .seconds(1))
    }

    /// A request for another cookie may be forged: the answer to the hello comes all the same.
    @Test func aForgedRequestForACookieEndsNothing() throws {
        let client = try TestClient(quickConfiguration { $0.initialRetransmit = .seconds(1) })
        let server = try TestServer()
        let challenge = try only(try server.receive(try only(client.start())))
        let hello = try only(client.receive(challenge))
        var forged = challenge
        forged[forged.count - 1] ^= 1
        #expect(client.receive(forged).isEmpty)
        let finished = try only(client.receive(try only(try server.receive(hello))))
        client.receive(try only(try server.receive(finished)))
        #expect(client.events == [.established])
    }

    private func end(_ client: TestClient) {
        while client.session.state == .handshaking {
            if client.session.timeUntilTimer ?? .zero <= .milliseconds(1) { _ = client.timerFired() }
        }
    }

    /// While a key is being replaced, the one before does as well; no other does.
    @Test(arguments: [DTLSConfiguration.Cipher.aes128CCM8, .aes128GCM])
    func aKeyAndTheOneBeforeAreBothTaken(cipher: DTLSConfiguration.Cipher) throws {
        let (new, old) = ([UInt8](repeating: 1, count: 16), [UInt8](repeating: 2, count: 32))
        let configuration = quickConfiguration { $0.ciphers = [cipher] }
        let server = try TestServer(configuration, previousKeys: { _ in old }, keys: { _ in new })
        for (key, isTaken) in [(new, true), (old, true), (testKey, false), (old, true)] {
            let client = try TestClient(configuration, key: key)
            var datagrams = client.start()
            for _ in 0..<6 {
                datagrams = try datagrams.flatMap { try server.receive($0) }.flatMap { client.receive($0) }
            }
            #expect((client.events == [.established]) == isTaken, "\(key[0])")
            #expect((server.session?.authenticatedIdentity == testIdentity) == isTaken)
        }
        #expect(server.refusals.count == 1)
    }

    @Test func keysMayChangeBetweenHandshakes() throws {
        var key = testKey
        let server = try TestServer(keys: { _ in key })
        var first = TestPair(client: try TestClient(), server: server)
        try first.run()
        key = [UInt8](repeating: 7, count: 32)
        var second = TestPair(client: try TestClient(key: key), server: server)
        try second.run()
        #expect(server.events == [.established, .established])
    }

    @Test func aSilentServerIsATimeout() throws {
        let configuration = quickConfiguration {
            $0.initialRetransmit = .milliseconds(2)
            $0.handshakeTimeout = .milliseconds(20)
        }
        let client = try TestClient(configuration)
        _ = client.start()
        while client.session.state == .handshaking {
            if client.session.timeUntilTimer ?? .zero <= .milliseconds(1) { _ = client.timerFired() }
        }
        #expect(client.events == [.failed(.handshakeTimedOut(.noAnswer))])
    }
}
