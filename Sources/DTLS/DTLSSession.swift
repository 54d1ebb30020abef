import CGnuTLS

/// One DTLS 1.2 session over memory: datagrams in, datagrams out, no sockets, no threads.
///
/// A client's session begins with `start`; a server's comes out of a handshake that has succeeded, see
/// ``ServerHandshake``.
///
/// The contract: the caller gives every datagram of the peer to `receive` and takes further events from
/// `nextEvent` until there is none; calls `timerFired` when `timeUntilTimer` has passed; and after every call sends
/// what is in `outgoing`. A session is used from one thread at a time. After `.closed` or `.failed` the session
/// says nothing any more.
///
/// GnuTLS measures its retransmission timer with the wall clock; this is the one place in the project where time
/// is not passed in.
public final class DTLSSession {
    /// Where a session is; `closed` and `failed` are final.
    public enum State: Equatable, Sendable {
        case handshaking
        case established
        case closed
        case failed(DTLSError)
    }

    /// Where the session is.
    public internal(set) var state = State.handshaking
    /// Datagrams to be sent to the peer.
    public let outgoing: DatagramBatch
    /// Server: the identity that the peer says it has. Worth a line in the log, and nothing else.
    public private(set) var claimedIdentity: [UInt8]?

    let isServer: Bool
    let configuration: DTLSConfiguration
    let handle: gnutls_session_t
    /// The datagram in hand, while GnuTLS is looking at it.
    var inbound: UnsafeRawBufferPointer?
    /// GnuTLS may still hold records of the datagram in hand.
    var mayHoldRecords = false
    /// Records of the datagram in hand that may be left.
    var recordsLeft = 0
    var hasSent = false
    /// Server: how often the last flight is sent again.
    var repetitionsLeft = 32
    /// Server: what its ServerHello is to say.
    var nonces: ServerNonces?
    var flightTimer: FlightTimer
    /// Client: what came of the peer's handshake.
    var peer = PeerFlights()
    /// Client: how often the last flight was sent, and when first.
    var lastFlightSendings = 0
    var lastFlightSentAt: Duration = .zero
    var lastFlight = LastFlight()
    /// Client: when the last flight is to be sent again between two retransmissions of GnuTLS.
    var copyDue: Duration?
    /// Client: when the handshake is given up, if nothing comes before.
    var endDue: Duration?

    private let lookup: DTLSServer.KeyLookup?
    private let priorities: Priorities
    private let clientCredentials: ClientCredentials?
    private let serverCredentials: ServerCredentials?

    /// Makes a client session; `start` sends its first flight.
    /// - Parameters:
    ///   - identity: 1…128 bytes, usually UTF-8.
    ///   - key: 1 byte or more; 16 are usual.
    ///   - configuration: suites, timers, datagram size.
    ///   - outgoing: where what is to be sent goes; shared by several sessions only if emptied after every call.
    /// - Throws: `.invalidConfiguration`, `.library`.
    public init(
        clientIdentity identity: [UInt8],
        key: [UInt8],
        configuration: DTLSConfiguration = DTLSConfiguration(),
        outgoing: DatagramBatch = DatagramBatch()
    ) throws(DTLSError) {
        let priorities = try Priorities(configuration)
        let credentials = try ClientCredentials(identity: identity, key: key)
        handle = try Self.makeHandle(GNUTLS_CLIENT.rawValue | GNUTLS_NO_TICKETS.rawValue)
        self.configuration = configuration
        flightTimer = FlightTimer(initialRetransmit: configuration.initialRetransmit)
        self.outgoing = outgoing
        self.priorities = priorities
        clientCredentials = credentials
        serverCredentials = nil
        lookup = nil
        isServer = false
        try configure(UnsafeMutableRawPointer(credentials.handle))
    }

    /// Makes a server's session that answers with these nonces, however often it is made.
    init(
        server: DTLSServer,
        prestate: gnutls_dtls_prestate_st,
        nonces: ServerNonces,
        lookup: DTLSServer.KeyLookup? = nil
    ) throws(DTLSError) {
        handle = try Self.makeHandle(GNUTLS_SERVER.rawValue | GNUTLS_NO_TICKETS.rawValue)
        configuration = server.configuration
        flightTimer = FlightTimer(initialRetransmit: configuration.initialRetransmit)
        outgoing = server.outgoing
        priorities = server.priorities
        clientCredentials = nil
        serverCredentials = server.credentials
        self.lookup = lookup ?? server.lookup
        isServer = true
        self.nonces = nonces
        try configure(UnsafeMutableRawPointer(server.credentials.handle))
        var prestate = prestate
        gnutls_dtls_prestate_set(handle, &prestate)
        try installNonces()
    }

    deinit { gnutls_deinit(handle) }

    /// Server: the identity that the peer has proved to hold the key of. Nil before that is done.
    public var authenticatedIdentity: [UInt8]? {
        state == .established ? claimedIdentity : nil
    }

    /// Largest message that `send` takes in the established session, in bytes.
    public var maximumMessageBytes: Int {
        Int(gnutls_dtls_get_data_mtu(handle))
    }

    /// What was negotiated, such as `PSK AES-128-CCM-8`; nil before.
    public var suiteDescription: String? {
        guard state == .established,
            let exchange = gnutls_kx_get_name(gnutls_kx_get(handle)),
            let cipher = gnutls_cipher_get_name(gnutls_cipher_get(handle))
        else { return nil }
        return String(cString: exchange) + " " + String(cString: cipher)
    }

    /// Client: the shortest and the longest round trip that the handshake showed; nil if it showed none.
    public var handshakeRoundTrips: ClosedRange<Duration>? { flightTimer.roundTrips }

    /// Time until `timerFired` is to be called; nil if there is nothing to wait for.
    public var timeUntilTimer: Duration? {
        guard state == .handshaking, !isServer else { return nil }
        // GnuTLS reports zero as long as it has not sent a flight.
        guard hasSent else { return .zero }
        let timer = Duration.milliseconds(max(1, Int(gnutls_dtls_get_timeout(handle))))
        let own = [copyDue, endDue].compactMap { $0 }.min()
        return min(timer, own.map { max($0 - Self.now, .milliseconds(1)) } ?? timer)
    }

    private static func makeHandle(_ flags: UInt32) throws(DTLSError) -> gnutls_session_t {
        var handle: gnutls_session_t?
        let code = gnutls_init(&handle, flags | GNUTLS_DATAGRAM.rawValue | GNUTLS_NONBLOCK.rawValue)
        guard code == GNUTLS_E_SUCCESS, let handle else { throw .library(code) }
        return handle
    }

    private func configure(_ credentials: UnsafeMutableRawPointer) throws(DTLSError) {
        var code = gnutls_priority_set(handle, priorities.handle)
        if code == GNUTLS_E_SUCCESS {
            code = gnutls_credentials_set(handle, GNUTLS_CRD_PSK, credentials)
        }
        guard code == GNUTLS_E_SUCCESS else { throw .library(code) }
        gnutls_dtls_set_mtu(handle, UInt32(configuration.maximumDatagramBytes))
        setTimeouts()
        installTransport()
    }

    /// Flights that are sent from now on wait as long as the flight timer says.
    func setTimeouts() {
        gnutls_dtls_set_timeouts(
            handle,
            flightTimer.retransmit.retransmitMilliseconds,
            configuration.handshakeTimeout.clampedMilliseconds
        )
    }

    /// Called by GnuTLS while it handles the ClientKeyExchange.
    func provideKey(for identity: [UInt8], into key: UnsafeMutablePointer<gnutls_datum_t>) -> Bool {
        claimedIdentity = identity
        let known = identity.count <= DTLSConfiguration.maximumIdentityBytes ? lookup?(identity) : nil
        let byteCount = known.map { max($0.count, 1) } ?? 16
        guard let memory = cgnutls_allocate(byteCount) else { return false }
        if let known, !known.isEmpty {
            UnsafeMutableRawBufferPointer(start: memory, count: byteCount).copyBytes(from: known)
        } else {
            // RFC 4279 § 2: go on as if the identity existed and the key were wrong, so that identities cannot be
            // found out. Nobody holds a random key.
            guard gnutls_rnd(GNUTLS_RND_KEY, memory, byteCount) == GNUTLS_E_SUCCESS else { return false }
        }
        key.pointee = gnutls_datum_t(
            data: memory.assumingMemoryBound(to: UInt8.self),
            size: UInt32(byteCount)
        )
        return true
    }
}
