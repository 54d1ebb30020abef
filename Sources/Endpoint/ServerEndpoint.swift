import Credentials
import DTLS

/// The server's side of CoAP for any number of peers, over DTLS or plain, without sockets: datagrams, answers and the
/// time in, requests, datagrams and events out, all as values.
///
/// A datagram's way: `receive` finds the peer that it is of, has its session open it, and returns the request in it;
/// the caller answers with `answer`, asks `nextRequest` for more in the same datagram until there is none, and then
/// sends what is in `outgoing` and logs what is in `events`. Plain CoAP takes the same way without a session.
///
/// Over DTLS a peer is remembered only after it has shown a cookie, as a handshake; and as a session only after it has
/// proved that it holds its identity's key. Both are bounded. Idle sessions cost memory and no time: they lie in the
/// order of their last use, and only the first one's time is looked at.
///
/// The contract: `receive` for every datagram, `advance` when `nextWakeup` has come, from one thread; `outgoing` and
/// `events` are emptied by the caller after each.
public final class ServerEndpoint {
    /// What a peer talks.
    public enum Transport {
        /// CoAP over DTLS with pre-shared keys (RFC 7252 § 9.1.3.1). `keys` gives the key of an identity, and is called
        /// by GnuTLS in the middle of a handshake; `previousKeys` the one before, as long as it is good too.
        case secure(
            DTLSConfiguration,
            keys: DTLSServer.KeyLookup,
            previousKeys: DTLSServer.KeyLookup = { _ in nil }
        )
        /// CoAP without protection: every request is anonymous.
        case plain
    }

    /// Who is to be answered.
    enum Asker {
        case session(Session)
        case plain(PeerAddress, PlainPeers.Standing)
    }

    /// What is remembered at most.
    public let limits: EndpointLimits
    /// What was done since the beginning.
    public internal(set) var counters = EndpointCounters()
    /// Datagrams to be sent.
    public var outgoing = AddressedBatch()
    /// What happened to which peer, oldest first.
    public var events: [(peer: PeerAddress, event: EndpointEvent)] = []

    /// Nil over plain CoAP.
    let security: Security?
    var handshakes = HandshakeTable()
    var sessions = SessionTable()
    var throttle: FailureThrottle
    var crowding = CrowdingReport()
    var repetitions: Repetitions
    var plain: PlainPeers
    /// The request of a peer over plain CoAP that has not shown itself yet.
    var unshownRequest: [UInt8] = []
    var now = Duration.zero
    var nextCookieChange: Duration?
    var asker: Asker?

    /// The largest datagram that is looked at, in bytes, and what the buffers for messages hold. Requests are far
    /// smaller.
    public static let maximumDatagramBytes = 2048

    /// - Throws: `.invalidConfiguration`, `.library`.
    public init(_ transport: Transport, limits: EndpointLimits = EndpointLimits()) throws(DTLSError) {
        self.limits = limits
        plain = PlainPeers(limits)
        throttle = FailureThrottle(limit: limits.failures)
        switch transport {
        case .secure(let configuration, let keys, let previousKeys):
            security = try Security(configuration, keys: keys, previousKeys: previousKeys)
            repetitions = Repetitions(wait: configuration.initialRetransmit)
        case .plain:
            security = nil
            repetitions = Repetitions(wait: .zero)
        }
    }

    /// Established sessions.
    public var sessionCount: Int { sessions.count }

    /// Handshakes in progress, failed ones that are not forgotten yet included.
    public var handshakeCount: Int { handshakes.count }

    /// Takes one datagram. Never fails; what makes no sense is ignored.
    ///
    /// - Parameters:
    ///   - datagram: the UDP payload.
    ///   - address: where it came from.
    ///   - now: any clock that never goes backwards.
    ///   - message: takes the request; `maximumDatagramBytes`.
    /// - Returns: the first request in it, if there is any.
    public func receive(
        _ datagram: RawSpan,
        from address: PeerAddress,
        now: Duration,
        message: inout MutableRawSpan
    ) -> Request? {
        counters.datagramsReceived &+= 1
        asker = nil
        self.now = now
        guard address.port != 0, datagram.byteCount <= Self.maximumDatagramBytes else {
            // Nobody can be answered at port 0.
            counters.datagramsIgnored &+= 1
            return nil
        }
        guard let security else { return receivePlain(datagram, from: address, message: &message) }
        guard let record = FirstRecord(datagram) else {
            counters.datagramsIgnored &+= 1
            return nil
        }
        // Only a hello can be for the gate; the rest, nearly everything, is spared the detour.
        if record.epoch == 0, passGate(security, datagram, from: address, now: now) { return nil }
        if record.belongsToHandshake, let handshake = handshakes[address] {
            continueHandshake(handshake, datagram, security, now: now)
            return nil
        }
        guard let session = sessions[address] else {
            counters.datagramsIgnored &+= 1
            return nil
        }
        let event = session.dtls.receive(datagram, plaintext: &message)
        if event == nil { counters.datagramsIgnored &+= 1 }
        return take(event, of: session, now: now, message: &message)
    }

    /// The next request of the datagram that was received last.
    public func nextRequest(now: Duration, message: inout MutableRawSpan) -> Request? {
        guard case .session(let session)? = asker else { return nil }
        return take(session.dtls.nextEvent(plaintext: &message), of: session, now: now, message: &message)
    }

    /// Sends the answer to the request that was returned last.
    /// - Parameter answer: a CoAP message of `maximumAnswerBytes` at most.
    public func answer(_ answer: RawSpan) {
        guard answer.byteCount > 0 else { return }
        switch asker {
        case .session(let session):
            // It fits and the session is established; should it fail all the same, the answer is lost like any
            // datagram.
            guard (try? session.dtls.send(answer)) != nil else { return }
            counters.responses &+= 1
            flush(to: session.address)
        case .plain(let address, let standing):
            answerPlain(answer, to: address, standing)
        case nil:
            break
        }
    }

    /// Keeps the request that was returned last, for an answer that takes some time.
    public func setAside(_ request: Request, _ message: RawSpan) -> WaitingRequest? {
        asker.map {
            WaitingRequest(
                message: message.withUnsafeBytes { Array($0) },
                peer: request.peer,
                maximumAnswerBytes: request.maximumAnswerBytes,
                asker: $0
            )
        }
    }

    /// Sends the answer to a request that was set aside, if its session is still there.
    public func answer(_ answer: RawSpan, to request: WaitingRequest) {
        switch request.asker {
        case .session(let session):
            guard sessions[session.address] === session else { return }
        case .plain:
            unshownRequest = request.message
        }
        asker = request.asker
        self.answer(answer)
        asker = nil
    }

    /// Everything that has happened since the last call.
    public func takeEvents() -> [(peer: PeerAddress, event: EndpointEvent)] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Goes through the events of a session's datagram as far as the first request.
    func take(
        _ event: DTLSEvent?,
        of session: Session,
        now: Duration,
        message: inout MutableRawSpan
    ) -> Request? {
        var event = event
        asker = nil
        while let current = event {
            switch current {
            case .received(let byteCount):
                session.lastHeard = now
                // Only what the peer's key has sealed keeps a session alive.
                sessions.touch(session)
                counters.requests &+= 1
                asker = .session(session)
                return Request(
                    peer: session.peer,
                    byteCount: byteCount,
                    maximumAnswerBytes: session.maximumMessageBytes
                )
            case .closed:
                sessions.remove(session)
                note(session.address, .closed(session.identity))
            case .failed(let error):
                sessions.remove(session)
                note(session.address, .failed(session.identity, error))
            case .established:
                break
            }
            event = session.dtls.nextEvent(plaintext: &message)
        }
        flush(to: session.address)
        return nil
    }

    func note(_ address: PeerAddress, _ event: EndpointEvent?) {
        if let event { events.append((address, event)) }
    }

    /// Sends what the call on a session of this peer has brought.
    func flush(to address: PeerAddress) {
        guard let security, !security.server.outgoing.isEmpty else { return }
        counters.datagramsSent &+= UInt64(security.server.outgoing.count)
        security.server.outgoing.withEach { outgoing.append($0, to: address) }
        security.server.outgoing.removeAll()
    }
}
