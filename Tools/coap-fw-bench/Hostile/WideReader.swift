import CoAP
import DTLS
import Endpoint
import SeededRandom

/// An identity with every right that asks for blocks of large releases here and there, so that each needs another part
/// of the server's memory for payloads.
final class WideReader: Attack {
    let name = "blocks of large releases here and there"
    let rate: Double
    private let index: Int
    private let generator: LoadGenerator
    private let outgoing = DatagramBatch()
    private var session: LoadSession
    private var hasStarted = false
    private var asked = 0
    private var answered = 0
    private static let blocks = UInt64(LargeReleases.imageBytes / 1024)

    /// - Throws: `SocketError`, `DTLSError`.
    init(index: Int, rate: Double, server: (address: IPAddress, port: UInt16)) throws {
        self.index = index
        self.rate = rate
        generator = try LoadGenerator(server: server.address, port: server.port)
        session = try LoadSession(index: index, outgoing: outgoing)
    }

    var outcome: String? { "\(answered) of \(asked) answered" }

    func fire(_ target: Target, _ random: inout SplitMix64) throws {
        switch session.session.state {
        case .handshaking:
            if !hasStarted { _ = session.session.start() }
            hasStarted = true
        case .established:
            asked += 1
            try session.seal(["fw", "8"], block: BlockOption(number: UInt32(random.next() % Self.blocks), szx: 6))
        case .closed, .failed:
            session = try LoadSession(index: index, outgoing: outgoing)
            hasStarted = false
        }
        send()
    }

    func receive() throws {
        _ = try generator.receive(within: .zero) { datagram, _ in
            session.receive(datagram) { if let view = try? MessageView($0), view.code == .content { answered += 1 } }
            send()
        }
        generator.flush()
    }

    private func send() {
        outgoing.withEach { generator.send($0, from: session.source) }
        outgoing.removeAll()
    }
}
