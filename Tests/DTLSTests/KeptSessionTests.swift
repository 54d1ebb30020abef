import DTLS
import Testing

/// What is done where GnuTLS's answer to a hello cannot be made again, as with ECDHE: its session is kept from the
/// hello to the Finished.
@Suite(.timeLimit(.minutes(5))) struct KeptSessionTests {
    private let configuration = quickConfiguration {
        $0.ciphers = []
        $0.keyExchange = .ecdhePSK
    }

    /// As far as the client's last flight.
    private func lastFlight(_ server: TestServer, _ client: TestClient) throws -> [UInt8] {
        let hello = try #require(client.start().first)
        let challenge = try #require(server.receive(hello).first)
        let answer = try server.receive(#require(client.receive(challenge).first))
        return try #require(answer.reduce([]) { $0 + client.receive($1) }.first)
    }

    @Test func aKeptSessionIsTheSession() throws {
        let (server, client) = (try TestServer(configuration), try TestClient(configuration))
        let last = try lastFlight(server, client)
        #expect(server.session == nil)
        for datagram in try server.receive(last) { client.receive(datagram) }
        #expect(client.events == [.established] && server.events == [.established])
    }

    /// It has looked at the key by then, and a second Finished is given to it as it is.
    @Test func aDamagedFinishedDoesNotEndIt() throws {
        let (server, client) = (try TestServer(configuration), try TestClient(configuration))
        let last = try lastFlight(server, client)
        var damaged = last
        damaged[damaged.count - 1] ^= 1
        try server.receive(damaged)
        #expect(server.session == nil && server.refusals.count == 1)
        for datagram in try server.receive(last) { client.receive(datagram) }
        #expect(client.events == [.established] && server.events == [.established])
    }

    /// Kept sessions are large, so there are so many and no more: further hellos get no answer, and an ended handshake
    /// makes room.
    @Test func keptSessionsAreBounded() throws {
        let server = try TestServer(configuration)
        var kept: [ServerHandshake] = []
        func begin(_ index: Int) throws -> Bool {
            let address: [UInt8] = [10, 0, UInt8(index >> 8), UInt8(index & 255), 0x16, 0x34]
            let client = try TestClient(configuration)
            let hello = try #require(client.start().first)
            let challenge = try #require(server.receive(hello, from: address).first)
            let answers = try server.receive(#require(client.receive(challenge).first), from: address)
            if let handshake = server.handshake { kept.append(handshake) }
            return !answers.isEmpty
        }
        for index in 0..<2_048 { try #require(try begin(index), "\(index)") }
        #expect(try !begin(3_000))
        kept.removeAll { $0 !== server.handshake }
        #expect(try begin(3_001))
    }
}
