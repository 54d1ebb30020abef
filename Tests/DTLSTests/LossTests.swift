import DTLS
import SeededRandom
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Handshakes over pipes that lose datagrams, many at once. The only tests in real time, because GnuTLS's timers
/// are: the loop polls until the earliest one is due.
@Suite(.timeLimit(.minutes(15))) struct LossTests {
    private struct Peer {
        let client: TestClient
        let server: TestServer
        var generator: SplitMix64
        var toServer: [[UInt8]] = []
        var toClient: [[UInt8]] = []
        let loss: Double

        init(seed: UInt64, loss: Double) throws {
            let configuration = DTLSConfiguration(
                initialRetransmit: .milliseconds(10),
                handshakeTimeout: .seconds(60)
            )
            client = try TestClient(configuration)
            server = try TestServer(configuration)
            generator = SplitMix64(seed: seed)
            self.loss = loss
        }

        mutating func survivors(_ datagrams: [[UInt8]]) -> [[UInt8]] {
            datagrams.filter { _ in Double.random(in: 0..<1, using: &generator) >= loss }
        }

        /// One step; the time until the next timer, nil when both are done or have failed.
        mutating func step() throws -> Duration? {
            var fromClient: [[UInt8]] = []
            for datagram in toClient { fromClient += client.receive(datagram) }
            toClient = []
            var fromServer: [[UInt8]] = []
            for datagram in toServer { fromServer += try server.receive(datagram) }
            toServer = []
            if let wait = client.session.timeUntilTimer, wait <= .milliseconds(1) {
                fromClient += client.timerFired()
            }
            toServer = survivors(fromClient)
            toClient = survivors(fromServer)
            if !toServer.isEmpty || !toClient.isEmpty { return .zero }
            return client.session.timeUntilTimer
        }
    }

    @Test(arguments: [0.05, 0.2])
    func threeHundredOfThreeHundredComplete(loss: Double) throws {
        var peers = try (0..<300).map { try Peer(seed: 0x5EED + UInt64($0), loss: loss) }
        for index in peers.indices { peers[index].toServer = peers[index].survivors(peers[index].client.start()) }
        var running = Array(peers.indices)
        while !running.isEmpty {
            var earliest = Duration.seconds(1)
            var still: [Int] = []
            for index in running {
                guard let wait = try peers[index].step() else { continue }
                earliest = min(earliest, wait)
                still.append(index)
            }
            running = still
            if !running.isEmpty, earliest > .milliseconds(1) {
                poll(nil, 0, Int32(earliest.components.attoseconds / 1_000_000_000_000_000))
            }
        }
        for (index, peer) in peers.enumerated() {
            #expect(peer.client.events == [.established], "peer \(index)")
            #expect(peer.server.events == [.established], "peer \(index)")
        }
    }
}
