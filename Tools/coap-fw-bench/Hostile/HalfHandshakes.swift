import Endpoint
import SeededRandom
import UDPSockets

/// Handshakes that show their cookie and then stop, from 16 addresses and many ports; with or without fragments that
/// claim large messages after it.
final class HalfHandshakes: Attack {
    private static let addresses = 16
    private static let sockets = 32

    let name: String
    let rate: Double
    private let claimsMuch: Bool
    private let sending = SendBatch(joins: false)
    private let receiving = ReceiveBatch()
    private var sockets: [(socket: UDPSocket, randoms: [IPAddress: [UInt8]])] = []
    private var server: PeerAddress?
    private var begun = 0
    private var answered = 0

    /// - Throws: `SocketError`.
    init(claimsMuch: Bool, rate: Double) throws {
        self.claimsMuch = claimsMuch
        self.rate = rate
        name = claimsMuch ? "fragments that claim 16 MiB" : "half handshakes"
        for _ in 0..<Self.sockets {
            let socket = try UDPSocket(bindingTo: .unspecified, port: 0, reportsLocalAddress: true)
            sockets.append((socket, [:]))
        }
    }

    var outcome: String? { "\(answered) of \(begun) reached the server's flight" }

    func fire(_ target: Target, _ random: inout SplitMix64) {
        let index = Int(random.next() % UInt64(sockets.count))
        let base: UInt32 = claimsMuch ? 0x7F04_0001 : 0x7F03_0001
        let source = IPAddress(ipv4: base + UInt32(random.next() % UInt64(Self.addresses)))
        let bytes = random.bytes(32)
        sockets[index].randoms[source] = bytes
        server = PeerAddress(target.address, port: target.port)
        begun += 1
        send(Records.hello(random: bytes), from: source, index)
    }

    func receive() throws {
        for index in sockets.indices {
            _ = try receiving.receive(from: sockets[index].socket.descriptor) { datagram, peer in
                if let cookie = Records.cookie(in: datagram), let random = sockets[index].randoms[peer.local] {
                    send(Records.hello(random: random, cookie: cookie, sequence: 1), from: peer.local, index)
                } else if Records.handshakeType(of: datagram) == 2 {
                    answered += 1
                    if claimsMuch { claim(from: peer.local, index) }
                }
            }
        }
    }

    /// Pieces of messages that would be 16 MiB, one after the other.
    private func claim(from source: IPAddress, _ index: Int) {
        for sequence in UInt16(2)..<UInt16(10) {
            let piece = Records.handshake(
                16,
                sequence: sequence,
                length: 0xFF_FFFF,
                at: 0x80_0000,
                [UInt8](repeating: 7, count: 1000)
            )
            send(Records.record(22, sequence: UInt32(sequence), piece), from: source, index)
        }
    }

    private func send(_ bytes: [UInt8], from source: IPAddress, _ index: Int) {
        guard let server else { return }
        let peer = PeerAddress(server.remote, port: server.port, local: source)
        _ = sending.append(bytes.span.bytes, to: peer)
        sending.send(through: sockets[index].socket.descriptor)
    }
}
