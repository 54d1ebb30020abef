import DTLS
import Testing

/// What a handshake holds for somebody who has shown a cookie and no key.
@Suite(.timeLimit(.minutes(15))) struct HeldBytesTests {
    /// Whole key exchanges, each of another identity: four are kept, and the newest is among them.
    @Test func keyExchangesThatAreKeptAreFew() throws {
        let (server, client) = (try TestServer(), try TestClient())
        let hello = try #require(client.start().first)
        let challenge = try #require(server.receive(hello).first)
        let answers = try server.receive(#require(client.receive(challenge).first))
        let last = try #require(answers.reduce([]) { $0 + client.receive($1) }.first)
        let handshake = try #require(server.handshake)
        let atRest = handshake.byteCount
        for name in UInt8(0)..<200 {
            let body: [UInt8] = [0, 120] + [UInt8](repeating: name, count: 120)
            let message: [UInt8] = [16, 0, 0, UInt8(body.count), 0, 2, 0, 0, 0, 0, 0, UInt8(body.count)] + body
            try server.receive([22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, UInt8(message.count)] + message)
        }
        #expect(handshake.byteCount > atRest)
        #expect(handshake.byteCount - atRest < 4 * 512, "\(handshake.byteCount - atRest) bytes")
        for datagram in try server.receive(last) { client.receive(datagram) }
        #expect(client.events == [.established])
    }
}
