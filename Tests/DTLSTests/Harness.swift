import DTLS
import Testing

let testIdentity = Array("dev-1".utf8)
let testKey = [UInt8](0..<16)
let testAddress: [UInt8] = [127, 0, 0, 1, 0x16, 0x34]

/// A configuration for pipes without delay.
func quickConfiguration(_ change: (inout DTLSConfiguration) -> Void = { _ in }) -> DTLSConfiguration {
    var configuration = DTLSConfiguration(initialRetransmit: .milliseconds(20), handshakeTimeout: .seconds(30))
    change(&configuration)
    return configuration
}

/// A server as an endpoint drives it: cookie gate first, one session per hello.
final class TestServer {
    let dtls: DTLSServer
    let gate: CookieGate
    private(set) var handshake: ServerHandshake?
    private(set) var session: DTLSSession?
    /// Attempts with a wrong key, or damaged ones.
    private(set) var refusals: [[UInt8]] = []
    private(set) var events: [DTLSEvent] = []
    private(set) var messages: [[UInt8]] = []

    init(
        _ configuration: DTLSConfiguration = quickConfiguration(),
        previousKeys: @escaping DTLSServer.KeyLookup = { _ in nil },
        keys: @escaping DTLSServer.KeyLookup = { $0 == testIdentity ? testKey : nil }
    ) throws {
        dtls = try DTLSServer(configuration: configuration, previousLookup: previousKeys, lookup: keys)
        gate = try CookieGate(outgoing: dtls.outgoing)
    }

    @discardableResult
    func receive(_ datagram: [UInt8], from address: [UInt8] = testAddress) throws -> [[UInt8]] {
        switch gate.check(datagram.span.bytes, from: address.span.bytes) {
        case .challenged:
            break
        case .verified(let hello):
            if handshake?.random != hello.random {
                handshake = dtls.makeHandshake(for: hello)
                session = nil
            }
            feed(datagram)
        case .notClientHello:
            feed(datagram)
        }
        return dtls.outgoing.takeAll()
    }

    private func feed(_ datagram: [UInt8]) {
        if let session { return collect(session, datagram, &events, &messages) }
        guard let handshake else { return }
        switch handshake.receive(datagram.span.bytes) {
        case .nothing:
            break
        case .hello:
            if let error = dtls.answerHello(of: handshake) { events.append(.failed(error)) }
        case .finished:
            var refused: [UInt8]?
            while session == nil, let attempt = handshake.nextAttempt() {
                switch dtls.attempt(attempt, in: handshake) {
                case .established(let established):
                    session = established
                    events.append(.established)
                case .refused:
                    refused = attempt.identity
                case .failed(let error):
                    events.append(.failed(error))
                }
            }
            guard let refused, session == nil else { return }
            refusals.append(refused)
            dtls.refuse(handshake)
        }
    }
}

/// A client and its log.
final class TestClient {
    let session: DTLSSession
    private(set) var events: [DTLSEvent] = []
    private(set) var messages: [[UInt8]] = []

    init(
        _ configuration: DTLSConfiguration = quickConfiguration(),
        identity: [UInt8] = testIdentity,
        key: [UInt8] = testKey
    ) throws {
        session = try DTLSSession(clientIdentity: identity, key: key, configuration: configuration)
    }

    func start() -> [[UInt8]] {
        if let event = session.start() { events.append(event) }
        return session.outgoing.takeAll()
    }

    @discardableResult
    func receive(_ datagram: [UInt8]) -> [[UInt8]] {
        collect(session, datagram, &events, &messages)
        return session.outgoing.takeAll()
    }

    func timerFired() -> [[UInt8]] {
        if let event = session.timerFired() { events.append(event) }
        return session.outgoing.takeAll()
    }
}

private func collect(
    _ session: DTLSSession,
    _ datagram: [UInt8],
    _ events: inout [DTLSEvent],
    _ messages: inout [[UInt8]]
) {
    var buffer = [UInt8](repeating: 0, count: 2048)
    var span = buffer.mutableSpan
    var plaintext = span.mutableBytes
    var event = session.receive(datagram.span.bytes, plaintext: &plaintext)
    while let happened = event {
        events.append(happened)
        if case .received(let count) = happened {
            messages.append((0..<count).map { plaintext.unsafeLoad(fromByteOffset: $0, as: UInt8.self) })
        }
        event = session.nextEvent(plaintext: &plaintext)
    }
}

/// Client and server joined without loss.
struct TestPair {
    let client: TestClient
    let server: TestServer
    /// Datagrams in the order of their sending; true: from the client.
    private(set) var trace: [(fromClient: Bool, bytes: [UInt8])] = []

    init(client: TestClient, server: TestServer) {
        self.client = client
        self.server = server
    }

    init(_ configuration: DTLSConfiguration = quickConfiguration()) throws {
        self.init(client: try TestClient(configuration), server: try TestServer(configuration))
    }

    /// Carries datagrams to and fro until both are silent.
    mutating func exchange(_ first: [[UInt8]]) throws {
        var toServer = first
        while !toServer.isEmpty {
            var toClient: [[UInt8]] = []
            for datagram in toServer {
                trace.append((true, datagram))
                toClient += try server.receive(datagram)
            }
            toServer = []
            for datagram in toClient {
                trace.append((false, datagram))
                toServer += client.receive(datagram)
            }
        }
    }

    mutating func connect() throws {
        try exchange(client.start())
    }

    /// Goes on until the client's handshake has ended, firing timers as they are due.
    mutating func run() throws {
        try connect()
        while client.session.state == .handshaking {
            if client.session.timeUntilTimer ?? .zero <= .milliseconds(1) {
                try exchange(client.timerFired())
            }
        }
    }
}

extension DTLSSession {
    func sealed(_ message: [UInt8]) throws -> [UInt8] {
        try send(message.span.bytes)
        return outgoing.takeAll().first ?? []
    }
}

/// The datagram of a flight that is to be one datagram.
func only(_ flight: [[UInt8]]) throws -> [UInt8] {
    try #require(flight.count == 1)
    return flight[0]
}
