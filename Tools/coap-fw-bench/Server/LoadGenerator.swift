import CoAP
import DTLS
import Endpoint
import UDPSockets

/// Any number of clients on one socket, each at an address of its own in 127/8.
///
/// The descriptor limit and the ephemeral ports are thus none for sessions. Whoever is measured sees ordinary peers.
final class LoadGenerator {
    private static let bufferBytes = 16 << 20
    /// Handshakes in progress at once: enough to keep a server busy, and no burst.
    private static let handshakesAtOnce = 64
    private static let patience = Duration.seconds(20)

    let socket: UDPSocket
    private let server: (address: IPAddress, port: UInt16)
    private let outgoing = DatagramBatch()
    private let sending = SendBatch(datagrams: 128, bytes: 512 << 10)
    private let receiving = ReceiveBatch(datagrams: 128)
    /// Sessions that send requests, by index.
    private(set) var active: [Int: LoadSession] = [:]

    /// - Throws: `SocketError`.
    init(server address: IPAddress, port: UInt16) throws {
        server = (address, port)
        socket = try UDPSocket(
            bindingTo: .unspecified,
            port: 0,
            reportsLocalAddress: true,
            bufferBytes: Self.bufferBytes
        )
    }

    var port: UInt16 { socket.port }

    /// Queues a datagram; `flush` sends the last of them.
    func send(_ datagram: RawSpan, from source: IPAddress) {
        let peer = PeerAddress(server.address, port: server.port, local: source)
        if sending.append(datagram, to: peer) { return }
        flush()
        _ = sending.append(datagram, to: peer)
    }

    func flush() {
        if !sending.isEmpty { sending.send(through: socket.descriptor) }
    }

    /// Shows what has arrived, with the index of the session that it is for.
    /// - Returns: how many datagrams; none within `limit`.
    func receive(within limit: Duration, _ body: (RawSpan, Int) -> Void) throws -> Int {
        func take() throws -> Int {
            try receiving.receive(from: socket.descriptor) { datagram, peer in
                if let index = LoadAddress.index(of: peer.local) { body(datagram, index) }
            }
        }
        let count = try take()
        guard count == 0, socket.waitUntilReadable(limit) else { return count }
        return try take()
    }

    /// Opens sessions with these indices; the first `keeping` of them stay here, the others are forgotten on this side,
    /// and stay silent.
    /// - Throws: ``BenchError`` if one does not come to be.
    func open(_ indices: Range<Int>, keeping: Int = 0) throws {
        var pending: [Int: LoadSession] = [:]
        var next = indices.lowerBound
        var lastProgress = ContinuousClock.now
        while next < indices.upperBound || !pending.isEmpty {
            while pending.count < Self.handshakesAtOnce, next < indices.upperBound {
                let session = try LoadSession(index: next, outgoing: outgoing)
                _ = session.session.start()
                sendOutgoing(of: session)
                pending[next] = session
                next += 1
            }
            flush()
            var failed: LoadSession?
            let count = try receive(within: .milliseconds(50)) { datagram, index in
                guard let session = pending[index] else { return }
                session.receive(datagram)
                sendOutgoing(of: session)
                switch session.session.state {
                case .handshaking: return
                case .established:
                    pending[index] = nil
                    lastProgress = .now
                    if index < indices.lowerBound + keeping { active[index] = session }
                case .closed, .failed: failed = session
                }
            }
            if let failed { throw BenchError("session \(failed.index): \(failed.session.state)") }
            if count == 0 { try repeatFlights(of: pending.values, since: lastProgress) }
        }
        flush()
    }

    private func repeatFlights(
        of sessions: some Sequence<LoadSession>,
        since lastProgress: ContinuousClock.Instant
    ) throws {
        guard ContinuousClock.now - lastProgress < Self.patience else {
            throw BenchError("no handshake has ended within \(Self.patience)")
        }
        for session in sessions where session.session.timeUntilTimer.map({ $0 <= .milliseconds(1) }) ?? false {
            _ = session.session.timerFired()
            sendOutgoing(of: session)
        }
        flush()
    }

    private func sendOutgoing(of session: LoadSession) {
        outgoing.withEach { send($0, from: session.source) }
        outgoing.removeAll()
    }

    /// Seals `count` requests, dealt out among the active sessions, to be sent later.
    /// - Throws: `DTLSError`, `MessageError`.
    func seal(_ count: Int, for target: LoadTarget) throws -> Volley {
        var rounds: [SealedRequests] = []
        let sessions = active.values.sorted { $0.index < $1.index }
        for (place, session) in sessions.enumerated() {
            let share = count / sessions.count + (place < count % sessions.count ? 1 : 0)
            var requests = SealedRequests(session: session)
            for _ in 0..<share {
                try session.seal(target.path, block: target.nextBlock())
                outgoing.withEach { requests.append($0) }
                outgoing.removeAll()
            }
            rounds.append(requests)
        }
        return Volley(rounds, payloadBytes: target.payloadBytes)
    }
}

/// What is asked of a server.
final class LoadTarget {
    let path: [StaticString]
    let payloadBytes: Int
    private let szx: UInt8
    private let blocks: UInt32
    private var block: UInt32 = 0

    /// - Parameters:
    ///   - path: of the resource.
    ///   - payloadBytes: of an answer: 16, 32, … 1024.
    ///   - blocks: that the resource has at least.
    init(path: [StaticString], payloadBytes: Int, blocks: Int) {
        self.path = path
        self.payloadBytes = payloadBytes
        szx = UInt8(payloadBytes.trailingZeroBitCount - 4)
        self.blocks = UInt32(max(blocks, 1))
    }

    func nextBlock() throws -> BlockOption {
        block = (block + 1) % blocks
        return try BlockOption(number: block, szx: szx)
    }
}
