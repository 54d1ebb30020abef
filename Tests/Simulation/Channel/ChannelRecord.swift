/// One datagram of the channel that stands where DTLS would be: GnuTLS keeps wall-clock time, this keeps none.
///
/// It gives the endpoints what DTLS-PSK gives them, by a keyed checksum instead of cryptography: a handshake that only
/// the holders of a key complete, sessions that only the two ends know, records that cannot be changed on the way.
///
/// ```
/// kind (1) | session (8) | sequence (8) | body (any) | checksum (8)
/// ```
struct ChannelRecord {
    enum Kind: UInt8 {
        /// Client to server; the session field is the client's nonce, the body its identity.
        case hello = 1
        /// Server to client; the session field is the nonce, the body the session (8).
        case welcome
        /// Server to client: the key does not fit the identity. The session field is the nonce.
        case refusal
        /// Either way.
        case data
    }

    static let overheadBytes = 25

    var kind: Kind
    var session: UInt64
    var sequence: UInt64
    var body: [UInt8]

    func encoded(key: UInt64) -> [UInt8] {
        var bytes: [UInt8] = [kind.rawValue]
        bytes.reserveCapacity(body.count + Self.overheadBytes)
        Self.append(session, to: &bytes)
        Self.append(sequence, to: &bytes)
        bytes += body
        Self.append(Self.checksum(bytes, key: key), to: &bytes)
        return bytes
    }

    /// Nil for anything that is no record, or none under this key.
    init?(_ bytes: [UInt8], key: UInt64) {
        guard bytes.count >= Self.overheadBytes, let kind = Kind(rawValue: bytes[0]) else { return nil }
        let content = bytes.dropLast(8)
        guard Self.checksum(content, key: key) == Self.number(bytes.suffix(8)) else { return nil }
        self.init(
            kind: kind,
            session: Self.number(bytes[1..<9]),
            sequence: Self.number(bytes[9..<17]),
            body: Array(content.dropFirst(17))
        )
    }

    init(kind: Kind, session: UInt64, sequence: UInt64, body: [UInt8]) {
        self.kind = kind
        self.session = session
        self.sequence = sequence
        self.body = body
    }

    /// A hello's body is a proof of the key and the identity. The record itself is sealed without a key, so that a
    /// damaged hello is not taken for a wrong key.
    static func hello(nonce: UInt64, identity: String, key: UInt64) -> [UInt8] {
        var body: [UInt8] = []
        append(proof(of: key, nonce: nonce), to: &body)
        body += Array(identity.utf8)
        return ChannelRecord(kind: .hello, session: nonce, sequence: 0, body: body).encoded(key: 0)
    }

    /// The identity that a hello claims and its proof; nil for anything else, or a damaged one.
    static func claim(inHello bytes: [UInt8]) -> (nonce: UInt64, identity: String, proof: UInt64)? {
        guard let record = ChannelRecord(bytes, key: 0), record.kind == .hello, record.body.count > 8 else {
            return nil
        }
        let identity = String(decoding: record.body.dropFirst(8), as: UTF8.self)
        return (record.session, identity, number(record.body.prefix(8)))
    }

    static func proof(of key: UInt64, nonce: UInt64) -> UInt64 {
        checksum([], key: key &* 0x9E37_79B9_7F4A_7C15 ^ nonce)
    }

    /// FNV-1a over the key and the bytes.
    static func checksum(_ bytes: some Sequence<UInt8>, key: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ key
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
