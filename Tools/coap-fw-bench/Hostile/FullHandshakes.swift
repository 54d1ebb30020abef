import DTLS
import Endpoint
import SeededRandom
import UDPSockets

/// Whole handshakes: with a wrong key for an honest identity, or with one identity's own key, session after session.
final class FullHandshakes: Attack {
    let name: String
    let rate: Double
    private let identity: String
    private let key: [UInt8]
    private let first: Int
    private let generator: LoadGenerator
    private let outgoing = DatagramBatch()
    private var pending: [Int: LoadSession] = [:]
    private var next = 0
    private var established = 0
    private var refused = 0

    /// - Parameters:
    ///   - name: of the attack.
    ///   - identity: that is used every time.
    ///   - key: right or wrong.
    ///   - first: index of the first source address; each session has the next one.
    ///   - rate: handshakes a second.
    ///   - server: its address and port.
    /// - Throws: `SocketError`.
    init(
        _ name: String,
        identity: String,
        key: [UInt8],
        first: Int,
        rate: Double,
        server: (address: IPAddress, port: UInt16)
    ) throws {
        self.name = name
        self.identity = identity
        self.key = key
        self.first = first
        self.rate = rate
        generator = try LoadGenerator(server: server.address, port: server.port)
    }

    var outcome: String? { "\(established) established, \(refused) refused, of \(next)" }

    func fire(_ target: Target, _ random: inout SplitMix64) throws {
        // What was not answered is given up for new ones.
        if pending.count > 512 { pending.removeAll() }
        let index = first + next
        next += 1
        let session = try LoadSession(index: index, identity: identity, key: key, outgoing: outgoing)
        _ = session.session.start()
        pending[index] = session
        send(session)
    }

    func receive() throws {
        _ = try generator.receive(within: .zero) { datagram, index in
            guard let session = pending[index] else { return }
            session.receive(datagram)
            send(session)
            switch session.session.state {
            case .handshaking: return
            case .established: established += 1
            case .closed, .failed: refused += 1
            }
            pending[index] = nil
        }
        generator.flush()
    }

    private func send(_ session: LoadSession) {
        outgoing.withEach { generator.send($0, from: session.source) }
        outgoing.removeAll()
    }
}
