/// What a DTLS 1.2 endpoint offers and how patient it is. Nothing older than DTLS 1.2 can be configured.
public struct DTLSConfiguration: Equatable, Sendable {
    /// Cipher suites without forward secrecy, cheap enough for constrained devices.
    public enum Cipher: String, CaseIterable, Sendable {
        /// TLS_PSK_WITH_AES_128_CCM_8 (RFC 6655), the mandatory suite of RFC 7252 § 9.1.3.1.
        case aes128CCM8 = "AES-128-CCM-8"
        /// TLS_PSK_WITH_AES_128_CCM (RFC 6655).
        case aes128CCM = "AES-128-CCM"
        /// TLS_PSK_WITH_AES_128_GCM_SHA256 (RFC 5487).
        case aes128GCM = "AES-128-GCM"
    }

    /// How the pre-shared key becomes a session key.
    public enum KeyExchange: Equatable, Sendable {
        /// Plain PSK (RFC 4279 § 2).
        case psk
        /// ECDHE-PSK (RFC 5489) only: forward secrecy at eight to ten times the handshake cost.
        case ecdhePSK
        /// ECDHE-PSK where the peer offers it, plain PSK otherwise.
        case ecdhePSKPreferred
    }

    /// Ciphers for plain PSK, most wanted first.
    public var ciphers: [Cipher]
    /// Plain PSK unless something else is asked for.
    public var keyExchange: KeyExchange
    /// Time before the first retransmission of a flight; doubles with each one (RFC 6347 § 4.2.4.1).
    /// Should be one and a half expected round trips, a second if nothing is known; a client goes on with what it
    /// measures.
    public var initialRetransmit: Duration
    /// Time after which a handshake that has not finished is given up.
    public var handshakeTimeout: Duration
    /// Largest UDP payload to send, 256…16384 bytes. 1232 fits IPv6's minimum MTU of 1280.
    public var maximumDatagramBytes: Int
    /// Client: how often the last flight is sent without an answer before the handshake is given up, 2 or more. A peer
    /// that has forgotten the handshake, or knows the client at another port, never answers it; nor does one that keeps
    /// silent about a wrong key.
    public var lastFlightSendings: Int

    /// The defaults suit a slow link: see each property.
    public init(
        ciphers: [Cipher] = [.aes128CCM8, .aes128GCM, .aes128CCM],
        keyExchange: KeyExchange = .psk,
        initialRetransmit: Duration = .seconds(1),
        handshakeTimeout: Duration = .seconds(60),
        maximumDatagramBytes: Int = 1232,
        lastFlightSendings: Int = 4
    ) {
        self.ciphers = ciphers
        self.keyExchange = keyExchange
        self.initialRetransmit = initialRetransmit
        self.handshakeTimeout = handshakeTimeout
        self.maximumDatagramBytes = maximumDatagramBytes
        self.lastFlightSendings = lastFlightSendings
    }

    /// Sets the first retransmission for a round trip that is known (RFC 9147 § 5.8.2), 50 ms to half a minute.
    public mutating func expectRoundTrip(_ roundTrip: Duration) {
        initialRetransmit = FlightTimer.retransmit(for: roundTrip)
    }

    /// Identities longer than this are treated as unknown; RFC 4279 § 5.3 asks for support of 128 octets.
    public static let maximumIdentityBytes = 128
}

extension DTLSConfiguration {
    /// The GnuTLS priority string. It starts from NONE, so that a library update cannot add anything.
    var priorityString: String {
        var parts = ["NONE", "+VERS-DTLS1.2", "+COMP-NULL"]
        switch keyExchange {
        case .psk: parts += ["+PSK"]
        case .ecdhePSK: parts += ["+ECDHE-PSK"]
        case .ecdhePSKPreferred: parts += ["+ECDHE-PSK", "+PSK"]
        }
        if keyExchange != .psk {
            // GnuTLS 3.7 knows ECDHE-PSK with these two only.
            parts += ["+CHACHA20-POLY1305", "+AES-128-CBC", "+SHA256", "+GROUP-X25519", "+GROUP-SECP256R1"]
        }
        if keyExchange != .ecdhePSK {
            parts += ciphers.map { "+" + $0.rawValue }
        }
        // PSK signs nothing, but GnuTLS refuses a priority string without one signature.
        parts += ["+AEAD", "+SIGN-ECDSA-SHA256", "%SERVER_PRECEDENCE"]
        return parts.joined(separator: ":")
    }

    var isValid: Bool {
        (keyExchange == .ecdhePSK || !ciphers.isEmpty)
            && initialRetransmit >= .milliseconds(1) && handshakeTimeout >= .milliseconds(1)
            && handshakeTimeout <= .seconds(3600)
            && (256...16384).contains(maximumDatagramBytes)
            && lastFlightSendings > 1
    }
}

extension Duration {
    /// As an initial retransmission time for GnuTLS, in milliseconds.
    ///
    /// GnuTLS doubles the time modulo 60 000 ms (lib/dtls.c, UPDATE_TIMER), so that some initial values come to zero
    /// or nearly so after a minute, 3750 for example, and the flight is then sent without pause. Values whose first
    /// step past the minute would fall below where they began are raised to the next that does not.
    package var retransmitMilliseconds: UInt32 {
        let asked = min(clampedMilliseconds, 29_999)
        var factor: UInt32 = 1
        while asked * factor < 60_000 { factor *= 2 }
        let (quotient, remainder) = UInt32(60_000).quotientAndRemainder(dividingBy: factor - 1)
        return max(asked, remainder == 0 ? quotient : quotient + 1)
    }

    /// Whole milliseconds, at least one, at most an hour.
    var clampedMilliseconds: UInt32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 1 }
        guard seconds < 3600 else { return 3_600_000 }
        return UInt32(max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
