import DTLS
import LinkEmulator

/// One client, its server and the link between them.
struct HandshakePeer {
    private static let identity = Array("dev-1".utf8)
    private static let key = [UInt8](0..<16)
    private static let address: [UInt8] = [127, 0, 0, 1, 0x16, 0x34]

    var began: Duration = .zero
    private var links: LinkPair
    private let client: DTLSSession
    private let server: DTLSServer
    private let gate: CookieGate
    private var session: DTLSSession?
    private var random: ClientRandom?
    private var ended: Duration?
    private var bytes = 0
    private var plaintext = [UInt8](repeating: 0, count: 2048)

    init(links: LinkPair, client configuration: DTLSConfiguration) throws {
        self.links = links
        client = try DTLSSession(clientIdentity: Self.identity, key: Self.key, configuration: configuration)
        server = try DTLSServer { $0 == Self.identity ? Self.key : nil }
        gate = try CookieGate(outgoing: server.outgoing)
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
        guard atServer else {
            feed(datagram, to: client)
            if !isRunning, ended == nil { ended = now }
            return client.outgoing.takeAll()
        }
        switch gate.check(datagram.span.bytes, from: Self.address.span.bytes) {
        case .challenged:
            break
        case .verified(let hello):
            if random != hello.random {
                random = hello.random
                session = try server.makeSession(for: hello)
            }
            if let session { feed(datagram, to: session) }
        case .notClientHello:
            if let session { feed(datagram, to: session) }
        }
        return server.outgoing.takeAll()
    }

    private mutating func feed(_ datagram: [UInt8], to session: DTLSSession) {
        var span = plaintext.mutableSpan
        var buffer = span.mutableBytes
        var event = session.receive(datagram.span.bytes, plaintext: &buffer)
        while event != nil { event = session.nextEvent(plaintext: &buffer) }
    }

    /// What a timer that is due has to send; nil: none is.
    mutating func timerFired(ofClient: Bool, now: Duration) -> [[UInt8]]? {
        guard let session = ofClient ? client : session, let wait = session.timeUntilTimer,
            wait <= .milliseconds(1)
        else { return nil }
        _ = session.timerFired()
        return session.outgoing.takeAll()
    }

    func nextTimer(now: Duration) -> Duration {
        [client.timeUntilTimer, session?.timeUntilTimer].compactMap { $0 }.min().map { now + $0 } ?? .seconds(3600)
    }
}
