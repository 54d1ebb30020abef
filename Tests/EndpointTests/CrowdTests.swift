import Credentials
import DTLS
import Endpoint
import TestSupport
import Testing

/// Whoever takes more than others loses what it took, and not the others.
@Suite(.timeLimit(.minutes(15))) struct CrowdTests {
    private func identity(_ text: String) throws -> PSKIdentity { try #require(PSKIdentity(text)) }

    private static let keys: [[UInt8]: [UInt8]] = [
        TestEndpoint.identity: TestEndpoint.key, Array("dev-2".utf8): TestEndpoint.key,
    ]

    private func connect(_ device: TestDevice, to server: TestEndpoint) throws -> TestDevice {
        var outgoing = device.start()
        while !outgoing.isEmpty {
            for datagram in outgoing { try server.receive(datagram, from: device.address) }
            outgoing = server.takeSent().filter { $0.to == device.address }.flatMap { device.receive($0.bytes) }
        }
        return device
    }

    /// One identity, from one address or from many, opens as many sessions as there is room for.
    @Test(arguments: [true, false])
    func anIdentityThatOpensManySessionsEvictsItsOwn(fromOneAddress: Bool) throws {
        let server = try TestEndpoint(limits: EndpointLimits(sessions: 400), keys: Self.keys)
        let honest = try (0..<50).map {
            try connect(try TestDevice(port: 1, ipv4: 0x0A00_0000 + UInt32($0)), to: server)
        }
        server.now += .seconds(600)
        for index in 0..<1000 {
            let address: UInt32 = fromOneAddress ? 0x0B00_0000 : 0x0B00_0000 + UInt32(index)
            let greedy = try TestDevice(port: UInt16(index + 1), ipv4: address, identity: Array("dev-2".utf8))
            _ = try connect(greedy, to: server)
        }
        #expect(try server.endpoint.sessionCount == 400)
        for device in honest { #expect(try device.request([1, 2], to: server) == [[2, 1]]) }
        let crowded = server.events.compactMap { event -> Holder? in
            if case .crowded(.sessions, _, let holder) = event { return holder }
            return nil
        }
        let offender: Holder =
            fromOneAddress
            ? .source(SourcePrefix(of: IPAddress(ipv4: 0x0B00_0000), bits: 32)) : .identity(try identity("dev-2"))
        // Seen by an operator, and not for each of the 650.
        #expect(crowded == [offender])
        try server.advance(by: .seconds(10))
        guard case .crowded(.sessions, let removed, offender)? = server.events.last else {
            Issue.record("no sum: \(String(describing: server.events.last))")
            return
        }
        #expect(removed == 649)
    }

    @Test func quotasPerIdentityAndPerSourceHoldBeforeTheTableIsFull() throws {
        let server = try TestEndpoint(
            limits: EndpointLimits(sessionsPerIdentity: 3, sessionsPerSource: 5),
            keys: Self.keys
        )
        for port in 1...10 { _ = try connect(try TestDevice(port: UInt16(port)), to: server) }
        #expect(try server.endpoint.sessionCount == 3)
        for port in 11...20 {
            _ = try connect(try TestDevice(port: UInt16(port), identity: Array("dev-2".utf8)), to: server)
        }
        #expect(try server.endpoint.sessionCount <= 5)
    }

    @Test func sourcesAreAddressesAndHouseholds() {
        func prefix(_ address: IPAddress) -> String {
            SourcePrefix(of: address, bits: address.isIPv6 ? 56 : 32).description
        }
        #expect(prefix(IPAddress(ipv4: 0x7F00_0001)) == "127.0.0.1")
        #expect(prefix(IPAddress(ipv6: 0x2001_0DB8_1234_56FF, 0xFF)) == "2001:db8:1234:5600::/56")
        #expect(SourcePrefix(of: IPAddress(ipv4: 0xC0A8_01FF), bits: 24).description == "192.168.1.0/24")
        #expect(SourcePrefix(of: IPAddress(ipv6: 1, 0xFFFF), bits: 120).description == "::1:0:0:0:ff00/120")
        #expect(SourcePrefix(of: IPAddress(ipv6: 1, 0xFFFF), bits: 0).description == "::/0")
        // On a socket for both, and behind a NAT64, IPv4 addresses are no one household's.
        #expect(IPAddress(ipv6: 0, 0xFFFF_0A00_0001).embeddedIPv4 == IPAddress(ipv4: 0x0A00_0001))
        #expect(IPAddress(ipv6: 0x0064_FF9B_0000_0000, 0x0A00_0001).embeddedIPv4 == IPAddress(ipv4: 0x0A00_0001))
        #expect(IPAddress(ipv6: 0, 1).embeddedIPv4 == nil)
    }

    /// One after the other, 647 wrong keys. Honest peers of other identities, and of this one elsewhere, get in
    /// meanwhile; of this one from here, a moment later.
    @Test func wrongKeysAreLookedAtSoOftenAndLockNobodyOut() throws {
        let server = try TestEndpoint(keys: Self.keys)
        for port in 1...647 {
            server.now += .milliseconds(12)
            let guesser = try TestDevice(port: UInt16(port), key: [UInt8](repeating: UInt8(port & 255), count: 16))
            _ = try connect(guesser, to: server)
        }
        let tried = try server.endpoint.counters.authenticationFailures
        #expect((10...20).contains(tried))
        #expect(try server.endpoint.counters.attemptsWithheld == 647 - tried)
        let throttled = server.events.filter { if case .throttled = $0 { true } else { false } }
        #expect(throttled.count == 1)

        let neighbour = try connect(try TestDevice(port: 1001, identity: Array("dev-2".utf8)), to: server)
        #expect(neighbour.events == [.established])
        let elsewhere = try connect(try TestDevice(port: 1, ipv4: 0x0A00_0001), to: server)
        #expect(elsewhere.events == [.established])

        // Who has a session here may have another at any time.
        let here = try TestDevice(port: 1002)
        let hello = try here.helloWithCookie(server)
        try server.receive(hello, from: here.address)
        let finished = server.takeSent().flatMap { here.receive($0.bytes) }
        for datagram in finished { try server.receive(datagram, from: here.address) }
        #expect(server.takeSent().isEmpty)
        server.now += .seconds(2)
        try here.exchange(finished, with: server)
        #expect(here.events == [.established])
    }

    /// Unknown identities are throttled like known ones, or they could be told from each other.
    @Test func unknownIdentitiesAreThrottledAlike() throws {
        func tried(_ name: String) throws -> UInt64 {
            let server = try TestEndpoint(keys: Self.keys)
            for port in 1...40 {
                _ = try connect(
                    try TestDevice(
                        port: UInt16(port),
                        identity: Array(name.utf8),
                        key: [UInt8](repeating: 9, count: 16)
                    ),
                    to: server
                )
            }
            return try server.endpoint.counters.authenticationFailures
        }
        #expect(try tried("dev-1") == 10)
        #expect(try tried("nobody") == 10)
    }

    /// From a hundred addresses at a thousand guesses a second, a key is looked at so often; where it has a session,
    /// its holder gets in all the same.
    @Test func guessingFromEverywhereIsThrottledToo() throws {
        let server = try TestEndpoint(keys: Self.keys)
        _ = try connect(try TestDevice(port: 1, ipv4: 0x0A00_0001), to: server)
        for index in 0..<1000 {
            server.now += .milliseconds(1)
            let guesser = try TestDevice(
                port: UInt16(index + 1),
                ipv4: 0x0B00_0000 + UInt32(index % 100),
                key: [UInt8](repeating: 9, count: 16)
            )
            _ = try connect(guesser, to: server)
        }
        #expect(try server.endpoint.counters.authenticationFailures <= 102)
        let again = try connect(try TestDevice(port: 2, ipv4: 0x0A00_0001), to: server)
        #expect(again.events == [.established])
    }
}
