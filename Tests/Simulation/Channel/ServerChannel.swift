/// The server's end of the stand-in channel, for all clients.
struct ServerChannel {
    enum Event {
        case plaintext([UInt8], session: UInt64)
        case reply([UInt8])
    }

    private struct Session {
        var identity: String
        var key: UInt64
        var nextSequence: UInt64 = 1
        var window = ReplayWindow()
    }

    private let keys: [String: UInt64]
    private var sessions: [UInt64: Session] = [:]
    private var sessionOfNonce: [UInt64: UInt64] = [:]

    init(keys: [String: UInt64]) {
        self.keys = keys
    }

    /// A restart: the keys stay, the sessions go.
    mutating func restart() {
        sessions = [:]
        sessionOfNonce = [:]
    }

    func identity(of session: UInt64) -> String? {
        sessions[session]?.identity
    }

    mutating func receive(_ bytes: [UInt8], newSession: () -> UInt64) -> Event? {
        guard bytes.count >= ChannelRecord.overheadBytes else { return nil }
        guard bytes[0] == ChannelRecord.Kind.hello.rawValue else {
            let number = ChannelRecord.number(bytes[1..<9])
            guard var session = sessions[number], let record = ChannelRecord(bytes, key: session.key),
                record.kind == .data, session.window.accepts(record.sequence)
            else { return nil }
            sessions[number] = session
            return .plaintext(record.body, session: number)
        }
        guard let claim = ChannelRecord.claim(inHello: bytes) else { return nil }
        let nonce = claim.nonce
        guard let key = keys[claim.identity], claim.proof == ChannelRecord.proof(of: key, nonce: nonce) else {
            let refusal = ChannelRecord(kind: .refusal, session: nonce, sequence: 0, body: [])
            return .reply(refusal.encoded(key: 0))
        }
        // A hello that was sent again belongs to the session that its first copy made.
        let number = sessionOfNonce[nonce] ?? newSession()
        if sessions[number] == nil {
            sessionOfNonce[nonce] = number
            sessions[number] = Session(identity: claim.identity, key: key)
        }
        var body: [UInt8] = []
        ChannelRecord.append(number, to: &body)
        return .reply(ChannelRecord(kind: .welcome, session: nonce, sequence: 0, body: body).encoded(key: key))
    }

    mutating func seal(_ plaintext: [UInt8], session number: UInt64) -> [UInt8]? {
        guard var session = sessions[number] else { return nil }
        let record = ChannelRecord(kind: .data, session: number, sequence: session.nextSequence, body: plaintext)
        session.nextSequence += 1
        sessions[number] = session
        return record.encoded(key: session.key)
    }
}
