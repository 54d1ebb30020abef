import DTLS
import Testing

@Suite(.timeLimit(.minutes(15))) struct HandshakeTests {
    @Test func establishesAndCarriesMessagesBothWays() throws {
        var pair = try TestPair()
        try pair.connect()
        #expect(pair.client.events == [.established])
        #expect(pair.server.events == [.established])
        #expect(pair.server.session?.authenticatedIdentity == testIdentity)
        #expect(pair.client.session.suiteDescription == "PSK AES-128-CCM-8")

        let request = Array("request".utf8)
        try pair.server.receive(try pair.client.session.sealed(request))
        #expect(pair.server.messages == [request])
        let session = try #require(pair.server.session)
        let response = [UInt8](repeating: 0xA5, count: 1100)
        pair.client.receive(try session.sealed(response))
        #expect(pair.client.messages == [response])
    }

    /// One datagram per flight: what keeps handshakes short on lossy links.
    @Test func eachFlightIsOneDatagram() throws {
        var pair = try TestPair()
        try pair.connect()
        #expect(pair.trace.map(\.fromClient) == [true, false, true, false, true, false])
    }

    @Test func thereIsNoSessionBeforeTheFinished() throws {
        let client = try TestClient()
        let server = try TestServer()
        let challenge = try only(try server.receive(try only(client.start())))
        #expect(server.handshake == nil)
        let flight = try only(try server.receive(try only(client.receive(challenge))))
        let finished = try only(client.receive(flight))
        // ClientKeyExchange and ChangeCipherSpec without the Finished.
        var cut = 0
        for _ in 0..<2 {
            cut += 13 + Int(finished[cut + 11]) << 8 + Int(finished[cut + 12])
        }
        try server.receive(Array(finished[..<cut]))
        #expect(server.session == nil && server.handshake != nil)
        try server.receive(finished)
        #expect(server.session?.authenticatedIdentity == testIdentity)
    }

    @Test func smallDatagramsStillCarryAHandshake() throws {
        var pair = try TestPair(quickConfiguration { $0.maximumDatagramBytes = 256 })
        try pair.connect()
        #expect(pair.client.events == [.established])
        #expect(pair.trace.allSatisfy { $0.bytes.count <= 256 })
    }

    @Test func messagesThatDoNotFitAreRefused() throws {
        var pair = try TestPair(quickConfiguration { $0.maximumDatagramBytes = 300 })
        let early = #expect(throws: DTLSError.self) { try pair.client.session.sealed([1]) }
        #expect(early == .notEstablished)
        try pair.connect()
        let maximum = pair.client.session.maximumMessageBytes
        #expect((250..<300).contains(maximum))
        let error = #expect(throws: DTLSError.self) {
            try pair.client.session.sealed([UInt8](repeating: 0, count: maximum + 1))
        }
        #expect(error == .messageTooLarge(maximumBytes: maximum))
        #expect(try pair.client.session.sealed([UInt8](repeating: 0, count: maximum)).count <= 300)
    }

    @Test func closeNotifyEndsBothSides() throws {
        var pair = try TestPair()
        try pair.connect()
        pair.client.session.close()
        var answers: [[UInt8]] = []
        for datagram in pair.client.session.outgoing.takeAll() { answers += try pair.server.receive(datagram) }
        #expect(pair.server.events == [.established, .closed])
        // RFC 5246 § 7.2.1: the other side says so as well, once.
        let answer = try only(answers)
        #expect(answer[0] == 21 && answer[4] == 1)
        #expect(try pair.server.receive(answer).isEmpty)
        #expect(pair.server.session?.authenticatedIdentity == nil)
        let error = #expect(throws: DTLSError.self) { try pair.client.session.sealed([1]) }
        #expect(error == .notEstablished)
    }

    @Test func configurationsThatCannotWorkAreRefused() {
        let bad: [(inout DTLSConfiguration) -> Void] = [
            { $0.ciphers = [] }, { $0.maximumDatagramBytes = 100 }, { $0.initialRetransmit = .zero },
            { $0.handshakeTimeout = .zero },
        ]
        for change in bad {
            #expect(throws: DTLSError.invalidConfiguration) { try TestClient(quickConfiguration(change)) }
        }
        #expect(throws: DTLSError.invalidConfiguration) { try TestClient(identity: []) }
        #expect(throws: DTLSError.invalidConfiguration) { try TestClient(key: []) }
        #expect(throws: DTLSError.invalidConfiguration) {
            try TestClient(identity: [UInt8](repeating: 65, count: 129))
        }
    }

    /// GnuTLS doubles modulo a minute; no initial value may end in a storm.
    @Test func retransmissionNeverBecomesFasterThanItBegan() {
        for milliseconds in 1...70_000 {
            let initial = Duration.milliseconds(milliseconds).retransmitMilliseconds
            #expect(initial >= min(milliseconds, 29_999) && initial <= max(20_000, milliseconds))
            var value = initial
            while value < 60_000 { value *= 2 }
            if value % 60_000 < initial { Issue.record("\(milliseconds) ms comes to \(value % 60_000) ms") }
        }
        #expect(Duration.seconds(1).retransmitMilliseconds == 1000)
        #expect(Duration.milliseconds(3750).retransmitMilliseconds == 4000)
    }

    struct Negotiation: Sendable, CustomTestStringConvertible {
        let client: DTLSConfiguration
        let server: DTLSConfiguration
        let suite: String?
        var testDescription: String { suite ?? "no common suite" }

        init(
            _ client: ([DTLSConfiguration.Cipher], DTLSConfiguration.KeyExchange),
            _ server: ([DTLSConfiguration.Cipher], DTLSConfiguration.KeyExchange),
            _ suite: String?
        ) {
            self.client = quickConfiguration {
                $0.ciphers = client.0
                $0.keyExchange = client.1
            }
            self.server = quickConfiguration {
                $0.ciphers = server.0
                $0.keyExchange = server.1
            }
            self.suite = suite
        }
    }

    @Test(arguments: [
        Negotiation(([.aes128CCM8], .psk), ([.aes128CCM8], .psk), "PSK AES-128-CCM-8"),
        Negotiation(([.aes128CCM], .psk), ([.aes128CCM8, .aes128CCM], .psk), "PSK AES-128-CCM"),
        Negotiation(([.aes128GCM], .psk), ([.aes128CCM8, .aes128GCM], .psk), "PSK AES-128-GCM"),
        Negotiation(([.aes128GCM, .aes128CCM8], .psk), ([.aes128CCM8, .aes128GCM], .psk), "PSK AES-128-CCM-8"),
        Negotiation(([.aes128CCM8], .psk), ([.aes128GCM], .psk), nil),
        Negotiation(([], .ecdhePSK), ([.aes128CCM8], .psk), nil),
        Negotiation(([.aes128CCM8], .psk), ([], .ecdhePSK), nil),
        Negotiation(([], .ecdhePSK), ([], .ecdhePSK), "ECDHE-PSK CHACHA20-POLY1305"),
        Negotiation(([.aes128CCM8], .psk), ([.aes128CCM8], .ecdhePSKPreferred), "PSK AES-128-CCM-8"),
        Negotiation(
            ([.aes128CCM8], .ecdhePSKPreferred),
            ([.aes128CCM8], .ecdhePSKPreferred),
            "ECDHE-PSK CHACHA20-POLY1305"
        ),
        Negotiation(([.aes128CCM8], .ecdhePSKPreferred), ([.aes128CCM8], .psk), "PSK AES-128-CCM-8"),
    ])
    func negotiation(_ row: Negotiation) throws {
        var pair = TestPair(client: try TestClient(row.client), server: try TestServer(row.server))
        try pair.run()
        #expect(pair.client.session.suiteDescription == row.suite)
        #expect(pair.server.session?.suiteDescription == row.suite)
        if row.suite == nil {
            #expect(pair.client.events == [.failed(.noCommonSuite)])
            // Once for each hello; the alert ends the client's handshake only after it has asked again.
            #expect(!pair.server.events.isEmpty && pair.server.events.allSatisfy { $0 == .failed(.noCommonSuite) })
        }
    }
}
