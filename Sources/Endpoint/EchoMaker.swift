import Crypto

/// Values for the Echo option that nobody can make but the server, and that show where they were received
/// (RFC 9175 § 2.2, appendix A): an HMAC of the peer's address under a secret that changes, eight bytes of it.
struct EchoMaker {
    static let byteCount = 8

    private var current = SymmetricKey(size: .bits256)
    private var previous = SymmetricKey(size: .bits256)
    private var nextChange: Duration?
    private let lifetime: Duration

    init(lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// The value for a peer.
    mutating func make(for peer: PeerAddress, now: Duration) -> [UInt8] {
        change(now)
        return Self.value(peer, current)
    }

    /// Whether this is a peer's value, made at most two lifetimes ago.
    mutating func isGenuine(_ value: RawSpan, for peer: PeerAddress, now: Duration) -> Bool {
        change(now)
        guard value.byteCount == Self.byteCount else { return false }
        return [current, previous].contains { key in
            let expected = Self.value(peer, key)
            var difference: UInt8 = 0
            for index in 0..<Self.byteCount {
                difference |= expected[index] ^ value.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            }
            return difference == 0
        }
    }

    private mutating func change(_ now: Duration) {
        guard let due = nextChange else {
            nextChange = now + lifetime
            return
        }
        guard now >= due else { return }
        // After a long pause, neither of the old ones is good.
        previous = now >= due + lifetime ? SymmetricKey(size: .bits256) : current
        current = SymmetricKey(size: .bits256)
        nextChange = now + lifetime
    }

    private static func value(_ peer: PeerAddress, _ key: SymmetricKey) -> [UInt8] {
        let bytes = peer.cookieBytes
        let code = HMAC<SHA256>.authenticationCode(for: bytes.indices.map { bytes[$0] }, using: key)
        return Array(code.prefix(byteCount))
    }
}
