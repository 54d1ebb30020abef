import DTLS
import Endpoint
import LinkEmulator

/// One client, its server and the link between them.
struct HandshakePeer {
    private static let identity = Array("dev-1".utf8)
    private static let key = [UInt8](0..<16)
    private static let address = PeerAddress(ipv4: 0x7F00_0001, port: 5684)

    var began: Duration = .zero
    private var links: LinkPair
    private let client: DTLSSession
    private let server: ServerEndpoint
    private var ended: Duration?
    private var bytes = 0

    init(links: LinkPair, client configuration: DTLSConfiguration) throws {
        self.links = links
        client = try DTLSSession(clientIdentity: Self.identity, key: Self.key, configuration: configuration)
        server = try ServerEndpoint(.secure(DTLSConfiguration()) { $0 == Self.identity ? Self.key : nil })
    }

    var isRunning: Bool { client.state == .handshaking }

    var result: HandshakeRun.Result {
        HandshakeRun.Result(time: client.state == .established ? ended.map { $0 - began } : nil, bytes: bytes)
    }

    mutating func start() -> [[UInt8]] {
        _ = client.start()
        return client.outgoing.takeAll()
    }

    /// When the copies of a datagram arrive.
    mutating func fate(toServer: Bool, byteCount: Int, now: Duration) -> [Duration] {
        bytes += byteCount
        let fate =
            toServer
            ? links.upstream.send(byteCount: byteCount, now: now)
            : links.downstream.send(byteCount: byteCount, now: now)
        return switch fate {
        case .delivered(let delivery): [delivery.time]
        case .duplicated(let first, let second): [first.time, second.time]
        case .dropped: []
        }
    }

    mutating func receive(_ datagram: [UInt8], atServer: Bool, now: Duration) throws -> [[UInt8]] {
        var plaintext = [UInt8](repeating: 0, count: ServerEndpoint.maximumDatagramBytes)
        var span = plaintext.mutableSpan
        var buffer = span.mutableBytes
        guard atServer else {
            var event = client.receive(datagram.span.bytes, plaintext: &buffer)
            while event != nil { event = client.nextEvent(plaintext: &buffer) }
            if !isRunning, ended == nil { ended = now }
            return client.outgoing.takeAll()
        }
        _ = server.receive(datagram.span.bytes, from: Self.address, now: now, message: &buffer)
        return takeSent()
    }

    /// What the server has to send by itself.
    func advanceServer(now: Duration) -> [[UInt8]] {
        server.advance(now: now)
        return takeSent()
    }

    private func takeSent() -> [[UInt8]] {
        var sent: [[UInt8]] = []
        server.outgoing.withEach { sent.append($1.withUnsafeBytes { Array($0) }) }
        server.outgoing.removeAll()
        return sent
    }

    /// What the client has to send if its timer is due; nil: it is not.
    mutating func timerFired() -> [[UInt8]]? {
        guard let wait = client.timeUntilTimer, wait <= .milliseconds(1) else { return nil }
        _ = client.timerFired()
        return client.outgoing.takeAll()
    }

    func nextTimer(now: Duration) -> Duration {
        [client.timeUntilTimer.map { now + $0 }, server.nextWakeup].compactMap { $0 }.min() ?? .seconds(3600)
    }
}
