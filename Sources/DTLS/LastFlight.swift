/// The last flight of a handshake as it was sent.
///
/// GnuTLS sends a flight again when its own timer says so: a hello that comes again, because the answer was lost,
/// leaves it cold, and a server's timer begins at a second. A flight that is sent again as it was is new to a peer that
/// did not get it; one that did drops it as replayed (RFC 6347 § 4.1.2.6).
struct LastFlight {
    private(set) var datagrams: [[UInt8]] = []

    var byteCount: Int { datagrams.reduce(0) { $0 + $1.count } }

    /// Remembers a flight; no datagrams leave what was remembered.
    mutating func note(_ sent: [[UInt8]]) {
        if !sent.isEmpty { datagrams = sent }
    }

    mutating func forget() {
        datagrams = []
    }
}
