import CGnuTLS

/// A server's handshake at rest: what is kept between a hello with a valid cookie and the client's Finished, about half
/// a kilobyte, and no GnuTLS session.
///
/// Everything in between is a function of the hello and of the server's nonces. So the session is made when there is
/// a Finished to be tried, is given the hello and the client's last flight, and is thrown away if that fails. Nothing
/// that comes unauthenticated can do any harm by that: records that are no part of a client's last flight are not
/// looked at, forged ones stand beside the genuine ones instead of in their place, and a Finished that fails leaves the
/// handshake as it was (RFC 6347 § 4.1.2.7).
public final class ServerHandshake {
    /// A ClientKeyExchange of this handshake.
    struct KeyExchange {
        /// As one record.
        let record: [UInt8]
        let identity: [UInt8]
    }

    /// A Finished and a ClientKeyExchange that it may belong to.
    public struct Attempt {
        /// The identity that the peer says it has.
        public let identity: [UInt8]
        let keyExchange: KeyExchange
        let finished: [UInt8]
    }

    /// What a datagram has brought.
    public enum Progress: Equatable, Sendable {
        case nothing
        /// The hello is whole, or has come again: it is to be answered.
        case hello
        /// There are attempts to be made.
        case finished
    }

    /// Tells a repetition of the same hello from a new attempt.
    public let random: ClientRandom
    /// Of the hello, see ``VerifiedHello``.
    public let fingerprint: Int
    /// A peer that failed may be told, in an unencrypted alert that may be lost, so many times.
    static let maximumAlerts = 8
    /// A hello that comes again is answered so many times.
    static let maximumAnswers = 32
    /// Different ClientKeyExchanges that are kept. One is genuine; who forges more than the rest in the time between
    /// the genuine one and its Finished has to read the client's datagrams for it.
    static let maximumKeyExchanges = 4
    /// The largest ClientKeyExchange: an identity, and a point for ECDHE-PSK (RFC 5489 § 2).
    static let maximumKeyExchangeBytes = 2 + DTLSConfiguration.maximumIdentityBytes + 1 + 133
    /// The largest record with a Finished, whatever the cipher.
    static let maximumFinishedBytes = 128

    let prestate: gnutls_dtls_prestate_st
    /// The hello as one record, once it is whole.
    private(set) var hello: [UInt8] = []
    /// The server's hello and what else answers the client's.
    var flight: [UInt8] = []
    /// The server's random and session identifier.
    var nonces = ServerNonces()
    /// For a key exchange that cannot be made again: the session that has begun it.
    var live: DTLSSession?
    /// Counts those.
    var liveCount: LiveCount?
    var alertsLeft = maximumAlerts
    var answersLeft = maximumAnswers

    private var helloAssembly: MessageAssembly?
    private var keyExchangeAssembly: MessageAssembly?
    private var keyExchanges: [KeyExchange] = []
    /// The last Finished that came.
    private var finished: [UInt8] = []
    private var attempts: [Attempt] = []

    init(_ hello: VerifiedHello) {
        random = hello.random
        fingerprint = hello.fingerprint
        prestate = hello.prestate
    }

    deinit { liveCount?.value -= 1 }

    /// The identity whose key it has taken; nil: it has looked at no key, or keeps none between attempts.
    public var claimedIdentity: [UInt8]? { live?.claimedIdentity }

    /// The hello is known and answered.
    public var isAnswered: Bool { !flight.isEmpty }

    /// The hello is answered, and nothing has come that is a part of the client's last flight.
    public var awaitsLastFlight: Bool { isAnswered && keyExchanges.isEmpty && finished.isEmpty }

    /// Bytes that are held for the peer beside the object itself.
    public var byteCount: Int {
        hello.count + flight.count + finished.count + (helloAssembly?.body.count ?? 0)
            + (keyExchangeAssembly?.body.count ?? 0)
            + keyExchanges.reduce(0) { $0 + $1.record.count + $1.identity.count }
    }

    /// Takes in what is in a datagram of the client's flights; anything else is passed over.
    public func receive(_ datagram: RawSpan) -> Progress {
        var progress = Progress.nothing
        var newKeyExchange: KeyExchange?
        var hasFinished = false
        var start = 0
        for _ in 0..<RecordScan.maximumRecords {
            guard datagram.byteCount - start >= RecordScan.headerBytes else { break }
            let end = start + RecordScan.headerBytes + Int(datagram.bigEndianUInt16(at: start + 11))
            guard end <= datagram.byteCount else { break }
            defer { start = end }
            guard datagram.byte(at: start) == RecordScan.handshakeType, datagram.byte(at: start + 1) == 0xFE else {
                continue
            }
            switch datagram.bigEndianUInt16(at: start + 3) {
            case 0:
                let contents = datagram.extracting(start + RecordScan.headerBytes..<end)
                if addHello(contents) { progress = .hello }
                // One of each in a datagram is what a client sends.
                if newKeyExchange == nil { newKeyExchange = addKeyExchange(contents) }
            case 1 where end - start <= Self.maximumFinishedBytes && !hasFinished && isAnswered:
                hasFinished = true
                finished = datagram.extracting(start..<end).withUnsafeBytes { Array($0) }
            default:
                continue
            }
        }
        guard isAnswered, !finished.isEmpty, hasFinished || newKeyExchange != nil else { return progress }
        // What came together belongs together; failing that, the newest is the likeliest.
        let candidates = hasFinished ? keyExchanges.reversed() : newKeyExchange.map { [$0] } ?? []
        attempts = candidates.map { Attempt(identity: $0.identity, keyExchange: $0, finished: finished) }
        return attempts.isEmpty ? progress : .finished
    }

    /// What is to be tried next, likeliest first.
    public func nextAttempt() -> Attempt? {
        attempts.isEmpty ? nil : attempts.removeFirst()
    }

    /// - Returns: whether the hello is whole with this, or was before.
    private func addHello(_ contents: RawSpan) -> Bool {
        guard let fragment = HandshakeFragment(contents), fragment.type == HandshakeFragment.clientHello,
            fragment.messageSequence == UInt16(prestate.hsk_read_seq), fragment.length <= ClientHello.maximumBytes
        else { return false }
        if isAnswered { return fragment.offset == 0 }
        var assembly = helloAssembly ?? MessageAssembly(fragment)
        assembly.add(fragment, of: contents)
        helloAssembly = assembly
        guard assembly.isWhole else { return false }
        hello = assembly.record(sequence: UInt16(truncatingIfNeeded: prestate.record_seq))
        helloAssembly = nil
        return true
    }

    /// - Returns: the key exchange that is whole with this.
    private func addKeyExchange(_ contents: RawSpan) -> KeyExchange? {
        guard isAnswered, let fragment = HandshakeFragment(contents),
            fragment.type == HandshakeFragment.clientKeyExchange,
            fragment.messageSequence == UInt16(prestate.hsk_read_seq) + 1,
            (2...Self.maximumKeyExchangeBytes).contains(fragment.length)
        else { return nil }
        var assembly = MessageAssembly(fragment)
        if fragment.range.count < fragment.length {
            if fragment.offset > 0, let begun = keyExchangeAssembly { assembly = begun }
            assembly.add(fragment, of: contents)
            keyExchangeAssembly = assembly
        } else {
            assembly.add(fragment, of: contents)
        }
        guard assembly.isWhole else { return nil }
        let identityBytes = Int(assembly.body[0]) << 8 | Int(assembly.body[1])
        guard 2 + identityBytes <= assembly.body.count else { return nil }
        let keyExchange = KeyExchange(
            record: assembly.record(sequence: UInt16(truncatingIfNeeded: prestate.record_seq) &+ 1),
            identity: Array(assembly.body[2..<2 + identityBytes])
        )
        // One that comes again is the newest again.
        keyExchanges.removeAll { $0.record == keyExchange.record }
        if keyExchanges.count >= Self.maximumKeyExchanges { keyExchanges.removeFirst() }
        keyExchanges.append(keyExchange)
        return keyExchange
    }
}

/// How many handshakes of a server hold a session of GnuTLS, some 25 KiB each.
final class LiveCount {
    static let maximum = 2_048
    var value = 0
}

/// The server's part of what makes a session's keys fresh: its random and its session identifier.
struct ServerNonces {
    static let byteCount = 32
    var random = [UInt8](repeating: 0, count: byteCount)
    var sessionID = [UInt8](repeating: 0, count: byteCount)

    /// Fresh ones.
    static func generate() -> ServerNonces? {
        var nonces = ServerNonces()
        let codes = [
            nonces.random.withUnsafeMutableBytes { gnutls_rnd(GNUTLS_RND_NONCE, $0.baseAddress, $0.count) },
            nonces.sessionID.withUnsafeMutableBytes { gnutls_rnd(GNUTLS_RND_NONCE, $0.baseAddress, $0.count) },
        ]
        return codes.allSatisfy { $0 == GNUTLS_E_SUCCESS } ? nonces : nil
    }
}
