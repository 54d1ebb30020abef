import Credentials
import DTLS
import Endpoint
import SeededRandom
import TestSupport
import Testing

/// What others may send in the middle of an honest handshake, under its address.
@Suite(.timeLimit(.minutes(15))) struct HostileHandshakeTests {
    private func identity(_ text: String) throws -> PSKIdentity { try #require(PSKIdentity(text)) }

    /// A record that is not encrypted.
    private func record(_ type: UInt8, sequence: UInt8 = 9, _ contents: [UInt8]) -> [UInt8] {
        [type, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, sequence, 0, UInt8(contents.count)] + contents
    }

    /// What ended an honest handshake, or made the server talk: each is sent a hundred times at every stage.
    private var spoofed: [(name: String, bytes: [UInt8])] {
        [
            ("14 bytes that begin with type 1", record(22, [1])),
            ("fatal alert", record(21, [2, 40])),
            ("close_notify", record(21, [1, 0])),
            ("key exchange of one byte", record(22, [16, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 1, 7])),
            ("key exchange of another identity", record(22, [16, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 3, 0, 1, 65])),
            ("key exchange that claims a megabyte", record(22, [16, 15, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 1, 65])),
            ("fragment of a key exchange", record(22, [16, 0, 0, 100, 0, 2, 0, 0, 0, 0, 0, 3, 0, 1, 65])),
            ("fragment of a hello", record(22, [1, 0, 1, 0, 0, 1, 0, 0, 9, 0, 0, 3, 0, 1, 65])),
            ("certificate", record(22, [11, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0])),
            ("change cipher spec", record(20, [1])),
            ("change cipher spec of two bytes", record(20, [1, 1])),
            ("application data of epoch 0", record(23, [1, 2, 3])),
            ("heartbeat", record(24, [1, 0, 1, 65])),
            ("unknown type", record(99, [1, 2, 3])),
        ]
    }

    @Test func spoofedRecordsNeitherEndAnHonestHandshakeNorAreAnswered() throws {
        for (name, bytes) in spoofed {
            let server = try TestEndpoint()
            let device = try TestDevice(port: 1)
            func spoof() throws {
                for _ in 0..<100 { try server.receive(bytes, from: device.address) }
                #expect(server.takeSent().isEmpty, "\(name)")
            }
            let hello = try device.helloWithCookie(server)
            try spoof()
            try server.receive(hello, from: device.address)
            let flight = server.takeSent()
            #expect(flight.count == 1)
            try spoof()
            let finished = flight.flatMap { device.receive($0.bytes) }
            for datagram in finished { try server.receive(datagram, from: device.address) }
            let last = server.takeSent()
            try spoof()
            for (_, datagram) in last { _ = device.receive(datagram) }
            #expect(device.events == [.established], "\(name)")
            #expect(try device.request([1, 2], to: server) == [[2, 1]], "\(name)")
            try spoof()
        }
    }

    /// A whole forged last flight, with another identity or none that is known, stands beside the genuine one. The
    /// alert that it brings is for whoever sent it.
    @Test func aForgedLastFlightDoesNotEndTheHandshake() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        try server.receive(hello, from: device.address)
        let flight = server.takeSent()
        for name in 0..<6 {
            let keyExchange = record(22, [16, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 3, 0, 1, UInt8(65 + name)])
            let finished = [22, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 0, 0, 40] + [UInt8](repeating: 7, count: 40)
            try server.receive(keyExchange + record(20, [1]) + finished, from: device.address)
        }
        #expect(server.takeSent().allSatisfy { $0.bytes.count == 15 })
        try device.exchange(flight.flatMap { device.receive($0.bytes) }, with: server)
        #expect(device.events == [.established])
        #expect(server.events.last == .established(try identity("dev-1"), suite: "PSK AES-128-CCM-8"))
    }

    /// Records of the last flight in datagrams of their own, in any order, with some of them twice: as other
    /// implementations send them, and networks deliver them.
    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1], [0, 2], [2, 0], [0, 0, 2, 2]])
    func theLastFlightMayComeInPieces(order: [Int]) throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        try server.receive(hello, from: device.address)
        let flight = try #require(server.takeSent().flatMap { device.receive($0.bytes) }.first)
        var records: [[UInt8]] = []
        var rest = flight[...]
        while rest.count >= 13 {
            let count = 13 + Int(rest[rest.startIndex + 11]) << 8 + Int(rest[rest.startIndex + 12])
            records.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        try #require(records.count == 3)
        for index in order { try server.receive(records[index], from: device.address) }
        for (_, datagram) in server.takeSent() { _ = device.receive(datagram) }
        #expect(device.events == [.established])
    }

    /// One answer per hello that carries a cookie, and no more than a client with patience needs.
    @Test func aRepeatedHelloIsAnsweredWithTheSameFlightSoOften() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        try server.receive(hello, from: device.address)
        let flight = try #require(server.takeSent().first).bytes
        var answers = 0
        for _ in 0..<1000 {
            try server.receive(hello, from: device.address)
            for (_, answer) in server.takeSent() {
                answers += 1
                #expect(answer == flight)
            }
        }
        #expect(answers == 32)
        #expect(try server.endpoint.handshakeCount == 1)
        try device.exchange(device.receive(flight), with: server)
        #expect(device.events == [.established])
    }

    /// A hello that a client gave up on comes late, or is played again: the client's new handshake goes on.
    @Test func anOldHelloDoesNotReplaceTheHandshakeInProgress() throws {
        let server = try TestEndpoint()
        let before = try TestDevice(port: 1)
        let old = try before.helloWithCookie(server)
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        try server.receive(hello, from: device.address)
        let flight = server.takeSent()
        try server.receive(old, from: device.address)
        _ = server.takeSent()
        try device.exchange(flight.flatMap { device.receive($0.bytes) }, with: server)
        #expect(device.events == [.established])
        #expect(try device.request([1, 2], to: server) == [[2, 1]])
    }

    /// The server's last flight is lost, and an old hello is played again before the device repeats its own: it gets
    /// the flight, and no alert.
    @Test func anOldHelloDoesNotTurnALostFinishedIntoARefusal() throws {
        let server = try TestEndpoint()
        let old = try TestDevice(port: 1).helloWithCookie(server)
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        try server.receive(hello, from: device.address)
        let finished = server.takeSent().flatMap { device.receive($0.bytes) }
        for datagram in finished { try server.receive(datagram, from: device.address) }
        let lost = server.takeSent().map(\.bytes)
        try server.receive(old, from: device.address)
        _ = server.takeSent()
        for datagram in finished { try server.receive(datagram, from: device.address) }
        let again = server.takeSent().map(\.bytes)
        #expect(again == lost)
        try device.exchange(again.flatMap { device.receive($0) }, with: server)
        #expect(device.events == [.established])
    }

    /// Somebody who is faster than the device makes another hello of the device's, one that has no suite in common.
    @Test func aHelloMadeOfThePeersDoesNotEndItsHandshake() throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        let hello = try device.helloWithCookie(server)
        var made = hello
        // The suites: behind the random, an empty session identifier and the cookie, with their lengths.
        for offset in 79..<85 { made[offset] = 0xFA }
        try server.receive(made, from: device.address)
        try server.receive(hello, from: device.address)
        let flight = try #require(server.takeSent().last).bytes
        try server.receive(made, from: device.address)
        _ = server.takeSent()
        try device.exchange(device.receive(flight), with: server)
        #expect(device.events == [.established])
    }

    /// A hello in fragments, in the order of the wire or another, within a datagram or in several.
    @Test(arguments: [70, 90, 100, 2000])
    func aFragmentedHelloIsTaken(fragmentBytes: Int) throws {
        let server = try TestEndpoint()
        let device = try TestDevice(port: 1)
        func send(_ hello: [UInt8]) throws -> [(to: PeerAddress, bytes: [UInt8])] {
            for fragment in fragments(hello, fragmentBytes) { try server.receive(fragment, from: device.address) }
            return server.takeSent()
        }
        let challenges = try send(try #require(device.start().first))
        #expect(challenges.count == 1)
        #expect(try server.endpoint.handshakeCount == 0)
        let hello = try #require(challenges.flatMap { device.receive($0.bytes) }.first)
        var flights = try send(hello)
        #expect(flights.count == 1)
        // Once more, the other way round, in one datagram: the answer is sent again.
        try server.receive(Array(fragments(hello, fragmentBytes).reversed().joined()), from: device.address)
        flights += server.takeSent()
        try device.exchange(flights.flatMap { device.receive($0.bytes) }, with: server)
        #expect(device.events == [.established])
    }

    /// What is held for one that sends fragments and never finishes, whatever they claim.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func fragmentsThatClaimMuchHoldLittle(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let dtls = try DTLSServer { _ in nil }
        let gate = try CookieGate(outgoing: dtls.outgoing)
        let address: [UInt8] = [1, 2, 3, 4]
        let client = try DTLSSession(clientIdentity: [65], key: [1])
        _ = client.start()
        let first = try #require(client.outgoing.takeAll().first)
        _ = gate.check(first.span.bytes, from: address.span.bytes)
        var buffer = [UInt8](repeating: 0, count: 2048)
        var span = buffer.mutableSpan
        var plaintext = span.mutableBytes
        let challenge = try #require(dtls.outgoing.takeAll().first)
        _ = client.receive(challenge.span.bytes, plaintext: &plaintext)
        let hello = try #require(client.outgoing.takeAll().first)
        guard case .verified(let verified) = gate.check(hello.span.bytes, from: address.span.bytes) else {
            Issue.record("no handshake")
            return
        }
        let handshake = dtls.makeHandshake(for: verified)
        #expect(handshake.receive(hello.span.bytes) == .hello)
        #expect(dtls.answerHello(of: handshake) == nil)
        for _ in 0..<20_000 {
            let type: UInt8 = [1, 16, 16, 16, 20, 11].randomElement(using: &generator) ?? 16
            let length = Int.random(in: 0...0xFF_FFFF, using: &generator) >> Int.random(in: 0...20, using: &generator)
            let offset =
                Int.random(in: 0...max(length, 1), using: &generator) >> Int.random(in: 0...16, using: &generator)
            let count = min(max(length - offset, 0), Int.random(in: 0...1200, using: &generator))
            let header = [
                type, UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), 0,
                UInt8.random(in: 0...3, using: &generator), UInt8(offset >> 16 & 255), UInt8(offset >> 8 & 255),
                UInt8(offset & 255), 0, UInt8(count >> 8), UInt8(count & 255),
            ]
            let body = (0..<count).map { _ in UInt8.random(in: 0...9, using: &generator) }
            let epoch: UInt8 = Int.random(in: 0..<4, using: &generator) == 0 ? 1 : 0
            let bytes = header.count + count
            let datagram =
                [22, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, 5, UInt8(bytes >> 8), UInt8(bytes & 255)] + header + body
            _ = handshake.receive(datagram.span.bytes)
            #expect(handshake.byteCount <= 4096, "seed \(seed)")
        }
    }

    private func fragments(_ hello: [UInt8], _ size: Int) -> [[UInt8]] {
        let body = Array(hello[25...])
        return stride(from: 0, to: body.count, by: size).enumerated().map { index, offset in
            let part = Array(body[offset..<min(offset + size, body.count)])
            let count = 12 + part.count
            var fragment = Array(hello[..<25])
            fragment[10] &+= UInt8(index)
            (fragment[11], fragment[12]) = (UInt8(count >> 8), UInt8(count & 255))
            (fragment[20], fragment[21]) = (UInt8(offset >> 8), UInt8(offset & 255))
            (fragment[23], fragment[24]) = (UInt8(part.count >> 8), UInt8(part.count & 255))
            return fragment + part
        }
    }
}
