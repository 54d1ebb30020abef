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

    private static let alertType: UInt8 = 21
    private static let fatal: UInt8 = 2
    /// After record header, handshake header and version.
    private static let randomOffset = 27

    /// Takes a datagram.
    ///
    /// - Returns: whether a flight begins with it that was not there before.
    mutating func note(_ datagram: RawSpan, _ scan: RecordScan) -> Bool {
        switch scan.plainHandshakeType.map({ gnutls_handshake_description_t(UInt32($0)) }) {
        case GNUTLS_HANDSHAKE_HELLO_VERIFY_REQUEST?:
            if count > 1 { isMixed = true }
            return advance(to: 1)
        case GNUTLS_HANDSHAKE_SERVER_HELLO?:
            if datagram.byteCount >= Self.randomOffset + ClientRandom.byteCount {
                let random = ClientRandom(datagram, at: Self.randomOffset)
                if let serverRandom, serverRandom != random { isMixed = true }
                serverRandom = random
            }
            // A server may do without the cookie.
            return advance(to: 2)
        default:
            return false
        }
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

    private mutating func advance(to flight: Int) -> Bool {
        guard flight > count else { return false }
        count = flight
        alert = nil
        return true
    }
}
