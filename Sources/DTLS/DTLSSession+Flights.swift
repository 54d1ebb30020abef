import CGnuTLS

/// Flights that are sent again in addition to GnuTLS's retransmissions; see ``LastFlight``.
extension DTLSSession {
    /// Remembers what a call of GnuTLS has sent.
    func noteFlight(_ event: DTLSEvent?) {
        if case .failed? = event {
            lastFlight.forget()
        } else {
            let sent = outgoing.flight()
            lastFlight.note(sent)
            guard !isServer, let sequence = Self.sequence(of: sent) else { return }
            copyDue = nil
            flightTimer.sent(sequence: sequence, at: Self.now)
        }
    }

    /// Client: remembers when the flight was sent again, if it was: GnuTLS may not think it due yet.
    ///
    /// - Returns: whether it was.
    @discardableResult
    func noteRepetition() -> Bool {
        guard !isServer, let sequence = Self.sequence(of: outgoing.flight()) else { return false }
        flightTimer.repeated(sequence: sequence, at: Self.now)
        return true
    }

    private static func sequence(of flight: [[UInt8]]) -> UInt64? {
        flight.first.map { RecordScan($0.span.bytes).sequence }
    }

    /// Server: answers again what it has answered, as the answer was lost, or is on its way. GnuTLS does so for the last
    /// flight only, and for every other copy of it.
    ///
    /// One flight for one: a hello has shown its cookie, and what claims to be the client's last flight has to be as
    /// large as what it asks for, so nothing is amplified to speak of.
    ///
    /// - Returns: true if the datagram is done with.
    func repeatFlight(_ datagram: UnsafeRawBufferPointer, _ scan: RecordScan) -> Bool {
        guard isServer, !lastFlight.datagrams.isEmpty else { return false }
        let isAnswered =
            switch (state, scan.plainHandshakeType.map({ gnutls_handshake_description_t(UInt32($0)) })) {
            case (.handshaking, GNUTLS_HANDSHAKE_CLIENT_HELLO?): true
            case (.established, GNUTLS_HANDSHAKE_CLIENT_KEY_EXCHANGE?): lastFlight.byteCount <= datagram.count
            default: false
            }
        guard isAnswered else { return false }
        sendLastFlight()
        return true
    }

    /// Client: GnuTLS doubles its waits, which at 20 % loss each way costs minutes; halfway through each of them but the
    /// first, the flight goes out once more. Still exponential, with twice the tries.
    func scheduleCopy() {
        guard state == .handshaking else { return }
        copyDue = Self.now + .milliseconds(Int(gnutls_dtls_get_timeout(handle))) / 2
    }

    func sendCopyIfDue() -> Bool {
        guard state == .handshaking, let due = copyDue, due <= Self.now else { return false }
        copyDue = nil
        outgoing.beginFlight()
        sendLastFlight()
        noteRepetition()
        return true
    }

    private func sendLastFlight() {
        for datagram in lastFlight.datagrams {
            datagram.withUnsafeBytes { outgoing.append($0, limit: 0) }
        }
    }
}
