import Credentials
import DTLS

/// The server's side of CoAP over DTLS for any number of peers, without sockets: datagrams and the time in, datagrams
/// out through `transmit`.
///
/// A peer is remembered only after it has shown a cookie, as a handshake; and as a session only after it has proved
/// that it holds its identity's key. Both are bounded. Idle sessions cost memory and no time: they lie in the order of
/// their last use, and only the first one's time is looked at.
///
/// The contract: `receive` for every datagram, `advance` when `nextWakeup` has come, from one thread.
public final class SecureEndpoint {
    /// Answers a request: the plaintext of one record, who sent it, the endpoint's next message ID, and where the
    /// answer goes. Returns the bytes of the answer, nil for silence.
    public typealias Responder = (RawSpan, PeerIdentity, inout UInt16, consuming MutableRawSpan) -> Int?
    /// Sends a datagram to a peer. The span is gone when the call returns.
    public typealias Transmitter = (PeerAddress, RawSpan) -> Void
    /// Takes note of what happened to a peer.
    public typealias Observer = (PeerAddress, EndpointEvent) -> Void

    struct Handshake {
        let session: DTLSSession
        let random: ClientRandom
        var expires: Duration
        /// Of the entry in `deadlines` that counts.
        var ticket: UInt64
        /// It failed, and is here only to say so again.
        var isRefused = false
    }

    /// A class, so that a request changes it where it is.
    final class Session {
        let session: DTLSSession
        let random: ClientRandom
        let identity: PSKIdentity
        let peer: PeerIdentity
        let maximumMessageBytes: Int
        var messageID = UInt16.random(in: .min ... .max)
        var lastHeard: Duration

        init(_ handshake: Handshake, of identity: PSKIdentity, now: Duration) {
            session = handshake.session
            random = handshake.random
            self.identity = identity
            peer = .authenticated(identity)
            maximumMessageBytes = handshake.session.maximumMessageBytes
            lastHeard = now
        }
    }

    public let limits: EndpointLimits
    public internal(set) var counters = EndpointCounters()

    let server: DTLSServer
    let gate: CookieGate
    let respond: Responder
    let transmit: Transmitter
    let observe: Observer
    var handshakes = RecencyTable<PeerAddress, Handshake>()
    var sessions = RecencyTable<PeerAddress, Session>()
    var deadlines = DeadlineQueue<PeerAddress>()
    var nextCookieChange: Duration?
    private var plaintextBuffer: [UInt8]
    private var responseBuffer: [UInt8]

    /// The largest datagram that is looked at, in bytes. Requests are far smaller.
    public static let maximumDatagramBytes = 2048

    /// - Parameters:
    ///   - configuration: suites, timers and datagram size of all sessions.
    ///   - limits: how much is remembered.
    ///   - keys: the key of an identity.
    ///   - respond: answers requests.
    ///   - observe: takes note.
    ///   - transmit: sends datagrams.
    /// - Throws: `.invalidConfiguration`, `.library`.
    public init(
        configuration: DTLSConfiguration = DTLSConfiguration(),
        limits: EndpointLimits = EndpointLimits(),
        keys: @escaping DTLSServer.KeyLookup,
        respond: @escaping Responder,
        observe: @escaping Observer = { _, _ in },
        transmit: @escaping Transmitter
    ) throws(DTLSError) {
        server = try DTLSServer(configuration: configuration, lookup: keys)
        gate = try CookieGate(outgoing: server.outgoing)
        self.limits = limits
        self.respond = respond
        self.observe = observe
        self.transmit = transmit
        plaintextBuffer = [UInt8](repeating: 0, count: Self.maximumDatagramBytes)
        responseBuffer = [UInt8](repeating: 0, count: FirmwareResources.fullBlockBufferBytes)
    }

    /// Established sessions.
    public var sessionCount: Int { sessions.count }

    /// Handshakes in progress, refused ones that are not forgotten yet included.
    public var handshakeCount: Int { handshakes.count }

    /// Takes one datagram from `address`. Never fails; what makes no sense is ignored.
    public func receive(_ datagram: RawSpan, from address: PeerAddress, now: Duration) {
        counters.datagramsReceived &+= 1
        guard datagram.byteCount <= Self.maximumDatagramBytes, let record = FirstRecord(datagram) else {
            counters.datagramsIgnored &+= 1
            return
        }
        // Only a hello can be for the gate; the rest, nearly everything, is spared the detour.
        if record.epoch == 0, passGate(datagram, from: address, now: now) { return }
        if record.belongsToHandshake, let slot = handshakes.slot(of: address) {
            continueHandshake(slot, datagram, from: address, now: now)
        } else if let slot = sessions.slot(of: address) {
            continueSession(slot, datagram, from: address, now: now)
        } else {
            counters.datagramsIgnored &+= 1
        }
    }

    /// True if the datagram was a hello and has been dealt with.
    private func passGate(_ datagram: RawSpan, from address: PeerAddress, now: Duration) -> Bool {
        let cookieBytes = address.cookieBytes
        switch gate.check(datagram, from: cookieBytes.span.bytes) {
        case .notClientHello:
            return false
        case .challenged:
            counters.challenges &+= 1
            flush(to: address)
        case .verified(let hello):
            if let slot = handshakes.slot(of: address), handshakes[slot]?.random == hello.random {
                continueHandshake(slot, datagram, from: address, now: now)
            } else if let slot = sessions.slot(of: address), sessions[slot]?.random == hello.random {
                // Sent again or late: this hello has become the session that is there.
                counters.datagramsIgnored &+= 1
            } else {
                startHandshake(hello, datagram, from: address, now: now)
            }
        }
        return true
    }

    private func continueSession(
        _ slot: RecencyTable<PeerAddress, Session>.Slot,
        _ datagram: RawSpan,
        from address: PeerAddress,
        now: Duration
    ) {
        guard let session = sessions[slot]?.session else { return }
        let happened = read(session, datagram) { event, message in
            handle(event, message, at: slot, of: address, now: now)
        }
        if !happened { counters.datagramsIgnored &+= 1 }
        flush(to: address)
    }

    /// Gives a datagram to a session and each of its events, with the message if it is one, to `body`.
    /// - Returns: whether there was any event.
    @discardableResult
    func read(_ session: DTLSSession, _ datagram: RawSpan, _ body: (DTLSEvent, RawSpan) -> Void) -> Bool {
        // Taken out, so that nothing can look at it meanwhile.
        var buffer: [UInt8] = []
        swap(&buffer, &plaintextBuffer)
        defer { swap(&buffer, &plaintextBuffer) }
        var event = Self.receive(session, datagram, &buffer)
        let happened = event != nil
        while let current = event {
            let count = if case .received(let byteCount) = current { byteCount } else { 0 }
            body(current, buffer.span.bytes.extracting(0..<count))
            event = Self.nextEvent(session, &buffer)
        }
        return happened
    }

    private static func receive(_ session: DTLSSession, _ datagram: RawSpan, _ buffer: inout [UInt8]) -> DTLSEvent? {
        var span = buffer.mutableSpan
        var plaintext = span.mutableBytes
        return session.receive(datagram, plaintext: &plaintext)
    }

    private static func nextEvent(_ session: DTLSSession, _ buffer: inout [UInt8]) -> DTLSEvent? {
        var span = buffer.mutableSpan
        var plaintext = span.mutableBytes
        return session.nextEvent(plaintext: &plaintext)
    }

    /// One event of an established session.
    func handle(
        _ event: DTLSEvent,
        _ message: RawSpan,
        at slot: RecencyTable<PeerAddress, Session>.Slot,
        of address: PeerAddress,
        now: Duration
    ) {
        guard let entry = sessions[slot] else { return }
        switch event {
        case .received:
            entry.lastHeard = now
            answer(message, entry)
            // Only what the peer's key has sealed keeps a session alive.
            sessions.touch(slot)
        case .closed:
            sessions.remove(address)
            observe(address, .closed(entry.identity))
        case .failed(let error):
            sessions.remove(address)
            observe(address, .failed(entry.identity, error))
        case .established:
            break
        }
    }

    private func answer(_ request: RawSpan, _ entry: Session) {
        counters.requests &+= 1
        var buffer: [UInt8] = []
        swap(&buffer, &responseBuffer)
        defer { swap(&buffer, &responseBuffer) }
        let room = min(FirmwareResources.fullBlockBufferBytes, entry.maximumMessageBytes)
        if buffer.count != room {
            // Only where the sessions' datagrams are small and their suites differ.
            buffer = [UInt8](repeating: 0, count: room)
        }
        var span = buffer.mutableSpan
        let written = respond(request, entry.peer, &entry.messageID, span.mutableBytes)
        guard let written, written > 0, written <= room else { return }
        // It fits and the session is established; should it fail all the same, the answer is lost like any datagram.
        if (try? entry.session.send(buffer.span.bytes.extracting(0..<written))) != nil {
            counters.responses &+= 1
        }
    }

    /// Sends what the call on a session of this peer has brought.
    func flush(to address: PeerAddress) {
        guard !server.outgoing.isEmpty else { return }
        counters.datagramsSent &+= UInt64(server.outgoing.count)
        server.outgoing.withEach { transmit(address, $0) }
        server.outgoing.removeAll()
    }
}
