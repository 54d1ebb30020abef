import Credentials
import DTLS
import Endpoint
import SeededRandom
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct SecureEndpointTests {
    private func identity(_ text: String) throws -> PSKIdentity { try #require(PSKIdentity(text)) }

    @Test func answersRequestsOfAuthenticatedPeers() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        try device.connect(to: server)
        #expect(try device.request([1, 2, 3], to: server) == [[3, 2, 1]])
        #expect(server.requests.map(\.peer) == [.authenticated(try identity("dev-1"))])
        #expect(server.events == [.established(try identity("dev-1"), suite: "PSK AES-128-CCM-8")])
        #expect(try server.endpoint.handshakeCount == 0)
    }

    @Test func hellosWithoutCookieLeaveNothingAndAreNotAmplified() throws {
        let server = try TestEndpoint()
        let hello = try #require(try TestDevice(port: 1).start().first)
        for port in 1...2000 {
            try server.receive(hello, from: PeerAddress(ipv4: 0x0A00_0001, port: UInt16(port)))
            let answers = server.takeSent()
            #expect(answers.count == 1 && answers.allSatisfy { $0.bytes.count < hello.count })
        }
        #expect(try server.endpoint.handshakeCount == 0)
        #expect(try server.endpoint.sessionCount == 0)
        #expect(try server.endpoint.counters.challenges == 2000)
    }

    /// RFC 6347 § 4.2.8: a restarted client with the same port.
    @Test func aNewHandshakeReplacesTheSessionOnlyOnceAuthenticated() throws {
        let server = try TestEndpoint()
        let before = try TestDevice(port: 1)
        try before.connect(to: server)

        let after = try TestDevice(port: 1)
        let hello = try after.helloWithCookie(server)
        try server.receive(hello, from: after.address)
        let flight = server.takeSent()
        #expect(try server.endpoint.handshakeCount == 1)
        #expect(try before.request([1], to: server) == [[1]])

        for (_, datagram) in flight { try after.exchange(after.receive(datagram), with: server) }
        #expect(try server.endpoint.sessionCount == 1)
        #expect(server.events.contains(.replaced(try identity("dev-1"))))
        #expect(try after.request([2], to: server) == [[2]])
        #expect(try before.request([3], to: server).isEmpty)
    }

    @Test func aWrongKeyFromTheSameAddressDoesNotDisturbTheSession() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        try device.connect(to: server)
        let intruder = try TestDevice(port: 1, key: [9])
        let hello = try intruder.helloWithCookie(server)
        try server.receive(hello, from: intruder.address)
        var flights = server.takeSent().map(\.bytes).flatMap { intruder.receive($0) }
        flights += flights
        for datagram in flights { try server.receive(datagram, from: intruder.address) }
        #expect(server.events.last == .authenticationFailed(claimed: try identity("dev-1")))
        _ = server.takeSent()
        #expect(try device.request([5], to: server) == [[5]])
    }

    @Test func aReplayedHelloOfTheLivingSessionIsIgnored() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        try device.exchange([hello], with: server)
        #expect(try server.endpoint.sessionCount == 1)
        for _ in 0..<10 { try server.receive(hello, from: device.address) }
        #expect(server.takeSent().isEmpty)
        #expect(try server.endpoint.handshakeCount == 0)
        #expect(try device.request([5], to: server) == [[5]])
    }

    @Test func theSessionThatWasSilentLongestMakesRoom() throws {
        let server = try TestEndpoint(limits: EndpointLimits(sessions: 3))
        let devices = try (1...4).map { try TestDevice(port: $0) }
        for device in devices[..<3] {
            try device.connect(to: server)
            server.now += .seconds(1)
        }
        #expect(try devices[0].request([1], to: server) == [[1]])
        let newest = devices[3]
        for datagram in newest.start() { try server.receive(datagram, from: newest.address) }
        var farewells: [PeerAddress] = []
        while !server.sent.isEmpty {
            for (to, datagram) in server.takeSent() {
                if to == newest.address {
                    for answer in newest.receive(datagram) { try server.receive(answer, from: to) }
                } else {
                    farewells.append(to)
                    _ = devices[1].receive(datagram)
                }
            }
        }
        #expect(farewells == [devices[1].address])
        #expect(devices[1].events == [.established, .closed])
        #expect(try server.endpoint.sessionCount == 3)
        #expect(try devices[0].request([2], to: server) == [[2]])
        #expect(try newest.request([3], to: server) == [[3]])
    }

    @Test func idleSessionsAreClosedInVirtualTime() throws {
        let server = try TestEndpoint(limits: EndpointLimits(idleTime: .seconds(100)))
        let quiet = try TestDevice(port: 1)
        let busy = try TestDevice(port: 2)
        try quiet.connect(to: server)
        try busy.connect(to: server)
        try server.advance(by: .seconds(99))
        #expect(try busy.request([1], to: server) == [[1]])
        // Datagrams that anybody could have sent do not keep a session alive.
        var forged = try quiet.sealed([1])
        forged[forged.count - 1] ^= 1
        try server.receive(forged, from: quiet.address)
        try server.advance(by: .seconds(2))
        #expect(server.events.last == .expired(try identity("dev-1")))
        #expect(try server.endpoint.sessionCount == 1)
        #expect(try busy.request([2], to: server) == [[2]])
        try server.advance(by: .seconds(200))
        #expect(try server.endpoint.sessionCount == 0)
    }

    @Test func manySessionsExpireInPortions() throws {
        let server = try TestEndpoint(limits: EndpointLimits(idleTime: .seconds(100)))
        for port in 1...150 { try TestDevice(port: UInt16(port)).connect(to: server) }
        server.now += .seconds(101)
        try server.endpoint.advance(now: server.now)
        try server.collect()
        let left = try server.endpoint.sessionCount
        #expect(left > 0 && left < 150)
        #expect(try #require(try server.endpoint.nextWakeup) <= server.now)
        try server.advance(by: .zero)
        #expect(try server.endpoint.sessionCount == 0)
    }

    @Test func handshakesInProgressAreBoundedAndForgotten() throws {
        let server = try TestEndpoint(limits: EndpointLimits(handshakes: 5))
        for port in 1...20 {
            let device = try TestDevice(port: UInt16(port))
            try server.receive(try device.helloWithCookie(server), from: device.address)
            #expect(try server.endpoint.handshakeCount == min(port, 5))
        }
        try server.advance(by: .seconds(61))
        #expect(try server.endpoint.handshakeCount == 0)
        #expect(try server.endpoint.counters.handshakesFailed == 20)
        #expect(
            server.events.contains(
                .crowded(
                    .handshakes,
                    removed: 1,
                    mostOf: .source(SourcePrefix(of: IPAddress(ipv4: 0x7F00_0001), bits: 32))
                )
            )
        )
    }

    /// Who has a wrong key hears so at the first Finished, and again if that got lost.
    @Test func refusalsAreToldAgainAndForgotten() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1, identity: Array("nobody".utf8))
        let hello = try device.helloWithCookie(server)
        try server.receive(hello, from: device.address)
        let finished = server.takeSent().flatMap { device.receive($0.bytes) }
        for datagram in finished { try server.receive(datagram, from: device.address) }
        #expect(server.events == [.authenticationFailed(claimed: try identity("nobody"))])
        #expect(server.takeSent().count == 1)
        try server.advance(by: .seconds(14))
        for datagram in finished { try server.receive(datagram, from: device.address) }
        let again = server.takeSent()
        #expect(again.count == 1)
        for (_, datagram) in again { _ = device.receive(datagram) }
        device.waitForEnd()
        #expect(device.events == [.failed(.authenticationFailed)])
        try server.advance(by: .seconds(47))
        #expect(try server.endpoint.handshakeCount == 0)
        #expect(server.events.count == 1)
    }

    /// A peer that asks two of this host's addresses from one port has a session with each, and its answers come from
    /// there.
    @Test func theAddressThatWasAskedIsPartOfWhoAsks() throws {
        let server = try TestEndpoint()
        let addresses = [IPAddress(ipv4: 0x7F00_0001), IPAddress(ipv4: 0x7F00_0002), IPAddress(ipv6: 0, 1)]
        let devices = try addresses.map { try TestDevice(port: 1, asking: $0) }
        for device in devices { try device.connect(to: server) }
        #expect(try server.endpoint.sessionCount == 3)
        for device in devices { #expect(try device.request([1, 2], to: server) == [[2, 1]]) }
        // Nor is a cookie for one good for the other.
        let hello = try TestDevice(port: 2, asking: addresses[0]).helloWithCookie(server)
        try server.receive(hello, from: PeerAddress(IPAddress(ipv4: 0x7F00_0001), port: 2, local: addresses[1]))
        #expect(try server.endpoint.handshakeCount == 0)
    }

    /// RFC 6347 § 4.2.4: both sides send their flights again.
    @Test func theAnswerToAHelloIsSentAgainUntilTheClientGoesOn() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        try server.receive(hello, from: device.address)
        let flight = try #require(server.takeSent().first).bytes
        for wait in [1, 2] {
            try server.advance(by: .seconds(wait) - .milliseconds(1))
            #expect(server.takeSent().isEmpty)
            try server.advance(by: .milliseconds(1))
            #expect(server.takeSent().map(\.bytes) == [flight])
        }
        var finished = try #require(device.receive(flight).first)
        finished[finished.count - 1] ^= 1
        try server.receive(finished, from: device.address)
        _ = server.takeSent()
        try server.advance(by: .seconds(20))
        #expect(server.takeSent().isEmpty)

        let other = try TestDevice(port: 2)
        try server.receive(try other.helloWithCookie(server), from: other.address)
        for _ in 0..<30 { try server.advance(by: .seconds(1)) }
        #expect(server.takeSent().map(\.to) == [PeerAddress](repeating: other.address, count: 5))
    }

    @Test func revokedIdentitiesLoseTheirSessions() throws {
        let server = try TestEndpoint(
            keys: [TestEndpoint.identity: TestEndpoint.key, Array("dev-2".utf8): TestEndpoint.key])
        let kept = try TestDevice(port: 1)
        let revoked = try TestDevice(port: 2, identity: Array("dev-2".utf8))
        try kept.connect(to: server)
        try revoked.connect(to: server)
        server.keys[Array("dev-2".utf8)] = nil
        try server.endpoint.revoke([try identity("dev-2")])
        try server.collect()
        for (to, datagram) in server.takeSent() {
            #expect(to == revoked.address)
            _ = revoked.receive(datagram)
        }
        #expect(revoked.events == [.established, .closed])
        #expect(server.events.last == .revoked(try identity("dev-2")))
        #expect(try kept.request([1], to: server) == [[1]])
    }

    /// What has begun before the revocation does not become a session after it. Where the server keeps a handshake open
    /// it has looked at the key by then: with ECDHE, its answer cannot be made again.
    @Test(arguments: [DTLSConfiguration.KeyExchange.psk, .ecdhePSK])
    func revokedIdentitiesLoseTheirHandshakes(keyExchange: DTLSConfiguration.KeyExchange) throws {
        let configuration = DTLSConfiguration(keyExchange: keyExchange)
        for isRevoked in [false, true] {
            let server = try TestEndpoint(configuration: configuration)
            let device = try TestDevice(port: 1, configuration: configuration)
            try server.receive(try device.helloWithCookie(server), from: device.address)
            let lastFlight = server.takeSent().flatMap { device.receive($0.bytes) }
            let whole = try #require(lastFlight.last)
            // The first try has a damaged Finished.
            var damaged = whole
            damaged[damaged.count - 1] ^= 1
            for datagram in lastFlight.dropLast() + [damaged] { try server.receive(datagram, from: device.address) }
            _ = server.takeSent()
            #expect(try server.endpoint.sessionCount == 0)
            if isRevoked {
                server.keys[TestEndpoint.identity] = nil
                try server.endpoint.revoke([try identity("dev-1")])
            }
            for datagram in lastFlight { try server.receive(datagram, from: device.address) }
            #expect(try server.endpoint.sessionCount == (isRevoked ? 0 : 1), "\(server.events)")
        }
    }

    /// A cookie is good for the lifetime of its secret and one more.
    @Test func aCookieGrowsOld() throws {
        for (changes, isGood) in [(1, true), (2, false)] {
            let server = try TestEndpoint(limits: EndpointLimits(cookieLifetime: .seconds(60)))
            try server.advance(by: .zero)
            let device = try TestDevice(port: 1)
            let hello = try device.helloWithCookie(server)
            for _ in 0..<changes { try server.advance(by: .seconds(60)) }
            try server.receive(hello, from: device.address)
            #expect(try server.endpoint.handshakeCount == (isGood ? 1 : 0), "\(changes) changes")
            #expect(try server.endpoint.counters.challenges == (isGood ? 1 : 2))
        }
    }

    /// Those that docs/operations.md and `coap-fw-server --help` name.
    @Test func theDefaultLimits() {
        let limits = EndpointLimits()
        #expect(limits.sessions == 16_384)
        #expect(limits.handshakes == 65_536)
        #expect(limits.sessionsPerIdentity == nil && limits.sessionsPerSource == nil)
        #expect(limits.idleTime == .seconds(1800))
        #expect(limits.handshakeTime == .seconds(60))
        #expect(limits.cookieLifetime == .seconds(60))
        #expect(limits.plainPeers == 4096)
        #expect(limits.failures == 10)
    }

    @Test func aPeerThatClosesIsForgotten() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        try device.connect(to: server)
        device.session.close()
        try device.exchange(device.session.outgoing.takeAll(), with: server)
        #expect(try server.endpoint.sessionCount == 0)
        #expect(server.events.last == .closed(try identity("dev-1")))
    }

    @Test func shutDownSaysGoodbye() throws {
        let server = try TestEndpoint()
        let devices = try (1...3).map { try TestDevice(port: $0) }
        for device in devices { try device.connect(to: server) }
        try server.endpoint.shutDown()
        try server.collect()
        for (to, datagram) in server.takeSent() {
            for device in devices where device.address == to { _ = device.receive(datagram) }
        }
        for device in devices { #expect(device.events == [.established, .closed]) }
        #expect(try server.endpoint.sessionCount == 0)
    }

    /// Anything at all from anybody: no crash, no growth, no answer larger than what it answers, and the session of
    /// an honest peer goes on.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func anyDatagramAtAll(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let server = try TestEndpoint(limits: EndpointLimits(handshakes: 50))
        let device = try TestDevice(port: 1)
        let recorded = try record(device, server)
        for round in 0..<4000 {
            let spoofed = Bool.random(using: &generator)
            let address = spoofed ? device.address : PeerAddress(ipv4: 1, port: .random(in: 1...40, using: &generator))
            let datagram = hostile(recorded, &generator)
            try server.receive(datagram, from: address)
            let answered = server.takeSent().reduce(0) { $0 + $1.bytes.count }
            #expect(answered <= max(datagram.count, 300), "seed \(seed) round \(round)")
            if round % 500 == 0 {
                try server.advance(by: .seconds(1))
                _ = server.takeSent()
            }
        }
        _ = server.takeSent()
        #expect(try server.endpoint.handshakeCount <= 50)
        #expect(try server.endpoint.sessionCount == 1, "seed \(seed)")
        #expect(try device.request([9, 8], to: server) == [[8, 9]], "seed \(seed)")
    }

    /// Connects the device and keeps what it sent.
    private func record(_ device: TestDevice, _ server: TestEndpoint) throws -> [[UInt8]] {
        var recorded: [[UInt8]] = []
        var outgoing = device.start()
        while !outgoing.isEmpty {
            recorded += outgoing
            for datagram in outgoing { try server.receive(datagram, from: device.address) }
            outgoing = server.takeSent().flatMap { device.receive($0.bytes) }
        }
        recorded.append(try device.sealed([1, 2, 3]))
        return recorded
    }

    private func hostile(_ recorded: [[UInt8]], _ generator: inout SplitMix64) -> [UInt8] {
        var datagram: [UInt8]
        if Int.random(in: 0..<4, using: &generator) == 0 {
            datagram = (0..<Int.random(in: 0...2100, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
        } else {
            datagram = recorded.randomElement(using: &generator) ?? []
            // The last record is genuine and would be answered, so it is always damaged.
            for _ in 0...Int.random(in: 0..<3, using: &generator) where !datagram.isEmpty {
                let offset = Int.random(in: 0..<datagram.count, using: &generator)
                datagram[offset] ^= UInt8.random(in: 1...255, using: &generator)
            }
        }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            datagram = Array(datagram.prefix(Int.random(in: 0...max(datagram.count, 1), using: &generator)))
        }
        return datagram
    }
}
