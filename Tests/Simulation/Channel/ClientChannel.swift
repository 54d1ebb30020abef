/// The client's end of the stand-in channel.
struct ClientChannel {
    enum Event {
        /// With the round trip that the handshake showed, unless it had to be repeated.
        case up(roundTrip: Duration?)
        case refused
        /// The handshake's retransmissions are used up.
        case timeout
        case plaintext([UInt8])
    }

    private enum State {
        case closed
        case shakingHands(nonce: UInt64, attempt: Int, due: Duration)
        case open(session: UInt64, nextSequence: UInt64, window: ReplayWindow)
    }

    private static let attempts = 7

    let identity: String
    let key: UInt64
    /// DTLS does; without it, duplicates reach the CoAP layer.
    let dropsReplays: Bool
    private var state = State.closed

    init(identity: String, key: UInt64, dropsReplays: Bool) {
        self.identity = identity
        self.key = key
        self.dropsReplays = dropsReplays
    }

    var nextWakeup: Duration? {
        if case .shakingHands(_, _, let due) = state { return due }
        return nil
    }

    /// Begins a handshake; what was open is forgotten.
    mutating func open(nonce: UInt64, now: Duration) -> [UInt8] {
        state = .shakingHands(nonce: nonce, attempt: 0, due: now + .seconds(1))
        return hello(nonce)
    }

    mutating func close() {
        state = .closed
    }

    mutating func seal(_ plaintext: [UInt8]) -> [UInt8]? {
        guard case .open(let session, let sequence, let window) = state else { return nil }
        state = .open(session: session, nextSequence: sequence + 1, window: window)
        return ChannelRecord(kind: .data, session: session, sequence: sequence, body: plaintext).encoded(key: key)
    }

    mutating func receive(_ bytes: [UInt8], now: Duration) -> Event? {
        // A refusal comes from a server that does not share the key, so it carries no secret (a DTLS alert).
        if let refusal = ChannelRecord(bytes, key: 0), refusal.kind == .refusal,
            case .shakingHands(let nonce, _, _) = state, refusal.session == nonce
        {
            state = .closed
            return .refused
        }
        guard let record = ChannelRecord(bytes, key: key) else { return nil }
        switch (state, record.kind) {
        case (.shakingHands(let nonce, let attempt, let due), .welcome):
            guard record.session == nonce, record.body.count == 8 else { return nil }
            state = .open(session: ChannelRecord.number(record.body), nextSequence: 1, window: ReplayWindow())
            return .up(roundTrip: attempt == 0 ? now - (due - .seconds(1)) : nil)
        case (.open(let session, let next, var window), .data):
            guard record.session == session, window.accepts(record.sequence) || !dropsReplays else { return nil }
            state = .open(session: session, nextSequence: next, window: window)
            return .plaintext(record.body)
        default:
            return nil
        }
    }

    /// To be called when ``nextWakeup`` is due: a datagram to send, or the end of trying.
    mutating func timerFired(now: Duration) -> (datagram: [UInt8]?, event: Event?) {
        guard case .shakingHands(let nonce, let attempt, let due) = state, due <= now else { return (nil, nil) }
        guard attempt + 1 < Self.attempts else {
            state = .closed
            return (nil, .timeout)
        }
        state = .shakingHands(nonce: nonce, attempt: attempt + 1, due: now + .seconds(1 << min(attempt + 1, 4)))
        return (hello(nonce), nil)
    }

    private func hello(_ nonce: UInt64) -> [UInt8] {
        ChannelRecord.hello(nonce: nonce, identity: identity, key: key)
    }
}
