import Credentials
import DTLS
import Endpoint
import Testing

/// An endpoint without sockets, with a log of what it sent and said. Requests are echoed backwards.
final class TestEndpoint {
    var keys: [[UInt8]: [UInt8]]
    private(set) var sent: [(to: PeerAddress, bytes: [UInt8])] = []
    private(set) var events: [EndpointEvent] = []
    private(set) var requests: [(peer: PeerIdentity, bytes: [UInt8])] = []
    /// Makes the answer to a request.
    var respond: (_ request: [UInt8], _ room: Int) -> [UInt8] = { Array($0.reversed().prefix($1)) }
    private var held: ServerEndpoint?
    private var buffer = [UInt8](repeating: 0, count: ServerEndpoint.maximumDatagramBytes)
    var now = Duration.seconds(1000)

    static let identity = Array("dev-1".utf8)
    static let key = [UInt8](0..<16)

    init(
        limits: EndpointLimits = EndpointLimits(),
        configuration: DTLSConfiguration = DTLSConfiguration(),
        keys: [[UInt8]: [UInt8]] = [TestEndpoint.identity: TestEndpoint.key]
    ) throws {
        self.keys = keys
        held = try ServerEndpoint(.secure(configuration) { [unowned self] in self.keys[$0] }, limits: limits)
    }

    /// Over plain CoAP.
    init(plain limits: EndpointLimits) throws {
        keys = [:]
        held = try ServerEndpoint(.plain, limits: limits)
    }

    var endpoint: ServerEndpoint {
        get throws { try #require(held) }
    }

    /// Everything sent since the last call.
    func takeSent() -> [(to: PeerAddress, bytes: [UInt8])] {
        defer { sent = [] }
        return sent
    }

    func receive(_ datagram: [UInt8], from address: PeerAddress) throws {
        let endpoint = try endpoint
        var span = buffer.mutableSpan
        var message = span.mutableBytes
        var request = endpoint.receive(datagram.span.bytes, from: address, now: now, message: &message)
        while let current = request {
            let bytes = message.bytes.extracting(0..<current.byteCount).array
            requests.append((current.peer, bytes))
            let answer = respond(bytes, current.maximumAnswerBytes)
            endpoint.answer(answer.span.bytes)
            request = endpoint.nextRequest(now: now, message: &message)
        }
        try collect()
    }

    func advance(by duration: Duration) throws {
        now += duration
        while let due = try endpoint.nextWakeup, due <= now { try endpoint.advance(now: now) }
        try collect()
    }

    /// Takes over what the endpoint has to send and to say.
    func collect() throws {
        try endpoint.outgoing.withEach { sent.append(($0, $1.array)) }
        try endpoint.outgoing.removeAll()
        events += try endpoint.takeEvents().map(\.event)
    }
}

/// A device at an address.
final class TestDevice {
    private(set) var session: DTLSSession
    let address: PeerAddress
    private(set) var events: [DTLSEvent] = []
    private(set) var messages: [[UInt8]] = []

    /// The device's timers run in real time: a slow machine must not end what is slow in virtual time only.
    init(
        port: UInt16,
        ipv4: UInt32 = 0x7F00_0001,
        asking local: IPAddress = .unspecified,
        identity: [UInt8] = TestEndpoint.identity,
        key: [UInt8] = TestEndpoint.key,
        configuration: DTLSConfiguration = DTLSConfiguration(handshakeTimeout: .seconds(3600))
    ) throws {
        address = PeerAddress(IPAddress(ipv4: ipv4), port: port, local: local)
        session = try DTLSSession(clientIdentity: identity, key: key, configuration: configuration)
    }

    /// The datagrams of the first flight.
    func start() -> [[UInt8]] {
        if let event = session.start() { events.append(event) }
        return session.outgoing.takeAll()
    }

    /// Takes a datagram; returns what the device says to it.
    func receive(_ datagram: [UInt8]) -> [[UInt8]] {
        var buffer = [UInt8](repeating: 0, count: 2048)
        var span = buffer.mutableSpan
        var plaintext = span.mutableBytes
        var event = session.receive(datagram.span.bytes, plaintext: &plaintext)
        while let current = event {
            events.append(current)
            if case .received(let count) = current {
                messages.append(plaintext.bytes.extracting(0..<count).array)
            }
            event = session.nextEvent(plaintext: &plaintext)
        }
        return session.outgoing.takeAll()
    }

    /// Lets the handshake's timers run until it has ended; an alert ends it only if nothing better comes.
    func waitForEnd() {
        while session.state == .handshaking {
            guard session.timeUntilTimer ?? .zero <= .milliseconds(1) else { continue }
            if let event = session.timerFired() { events.append(event) }
        }
    }

    /// Carries datagrams to and fro until both are silent.
    func exchange(_ first: [[UInt8]], with endpoint: TestEndpoint) throws {
        var outgoing = first
        while !outgoing.isEmpty {
            for datagram in outgoing { try endpoint.receive(datagram, from: address) }
            outgoing = []
            for (to, datagram) in endpoint.takeSent() where to == address { outgoing += receive(datagram) }
        }
    }

    func connect(to endpoint: TestEndpoint) throws {
        try exchange(start(), with: endpoint)
    }

    func sealed(_ message: [UInt8]) throws -> [UInt8] {
        try session.send(message.span.bytes)
        return try #require(session.outgoing.takeAll().first)
    }

    /// Sends a request and returns the answers that came.
    func request(_ message: [UInt8], to endpoint: TestEndpoint) throws -> [[UInt8]] {
        messages = []
        try exchange([try sealed(message)], with: endpoint)
        return messages
    }

    /// The hello with a cookie, not sent yet.
    func helloWithCookie(_ endpoint: TestEndpoint) throws -> [UInt8] {
        let hello = try #require(start().first)
        _ = endpoint.takeSent()
        try endpoint.receive(hello, from: address)
        let challenge = try #require(endpoint.takeSent().first)
        return try #require(receive(challenge.bytes).first)
    }
}

extension RawSpan {
    var array: [UInt8] {
        (0..<byteCount).map { unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
}
