import CGnuTLS

/// What a client has seen of its peer's flights, from what is not encrypted: which of them began to come, whether they
/// are of one handshake, and whether the peer ended it.
struct PeerFlights {
    /// Flights that have begun to come: 1 after a HelloVerifyRequest, 2 after a ServerHello.
    private(set) var count = 0
    /// The peer forgot the handshake and began another: what it says of keys may be about a mix of the two.
    private(set) var isMixed = false
    /// The fatal alert that came first since the latest flight began, as a code.
    private(set) var alert: UInt8?
    private var serverRandom: ClientRandom?
    /// The HelloVerifyRequest's fragment that came first: version and cookie.
    private var challenge: [UInt8]?

    /// What a datagram says of the peer's handshake.
    enum News {
        case nothing
        /// A flight that was not there before begins with it.
        case newFlight
        /// It is of another handshake than what came before.
        case otherHandshake
    }

    private static let alertType: UInt8 = 21
    private static let fatal: UInt8 = 2
    /// After record header and handshake header.
    private static let fragmentOffset = 25
    /// After the version.
    private static let randomOffset = 27

    /// Takes a datagram.
    mutating func note(_ datagram: RawSpan, _ scan: RecordScan) -> News {
        switch scan.plainHandshakeType.map({ gnutls_handshake_description_t(UInt32($0)) }) {
        case GNUTLS_HANDSHAKE_HELLO_VERIFY_REQUEST?:
            // A server has the same cookie for the same hello from the same address, as long as it runs.
            let fragment = (min(Self.fragmentOffset, scan.byteCount)..<scan.byteCount).map { datagram.byte(at: $0) }
            if count > 1 || challenge.map({ $0 != fragment }) ?? false { return mixed() }
            challenge = fragment
            return advance(to: 1)
        case GNUTLS_HANDSHAKE_SERVER_HELLO?:
            if datagram.byteCount >= Self.randomOffset + ClientRandom.byteCount {
                let random = ClientRandom(datagram, at: Self.randomOffset)
                if let serverRandom, serverRandom != random { return mixed() }
                serverRandom = random
            }
            // A server may do without the cookie.
            return advance(to: 2)
        default:
            return .nothing
        }
    }

    private mutating func mixed() -> News {
        isMixed = true
        return .otherHandshake
    }

    /// Whether a datagram is an alert that is not encrypted. A fatal one is kept and the datagram is done with: it may
    /// be forged, so it ends the handshake only if nothing better comes (RFC 6347 § 4.1.2.7).
    mutating func noteAlert(_ datagram: RawSpan) -> Bool {
        guard datagram.byteCount == RecordScan.headerBytes + 2, datagram.byte(at: 0) == Self.alertType,
            datagram.bigEndianUInt16(at: 3) == 0
        else { return false }
        if datagram.byte(at: RecordScan.headerBytes) == Self.fatal, alert == nil {
            alert = datagram.byte(at: RecordScan.headerBytes + 1)
        }
        return true
    }

    private mutating func advance(to flight: Int) -> News {
        guard flight > count else { return .nothing }
        count = flight
        alert = nil
        return .newFlight
    }
}
