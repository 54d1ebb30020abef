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
            if peer.count > 1, state == .handshaking {
                lastFlightSendings = 1
                lastFlightSentAt = Self.now
            }
        }
    }

    /// Client: remembers when the flight was sent again, if it was: GnuTLS may not think it due yet.
    ///
    /// - Returns: whether it was.
    @discardableResult
    func noteRepetition() -> Bool {
        guard !isServer, let sequence = Self.sequence(of: outgoing.flight()) else { return false }
        flightTimer.repeated(sequence: sequence, at: Self.now)
        if lastFlightSendings > 0 {
            lastFlightSendings += 1
            if lastFlightSendings == configuration.lastFlightSendings {
                endDue = max(Self.now + flightTimer.retransmit, lastFlightSentAt + Self.leastPatience)
            }
        }
        return true
    }

    /// However short the round trips are, a peer may be busy for so long.
    private static let leastPatience = Duration.seconds(1)

    /// Client: ends a handshake whose last flight stays without an answer, or that an alert has ended and nothing else
    /// came since. Beginning again costs three round trips; a last flight that the peer cannot place is never answered.
    func endIfDue() -> DTLSEvent? {
        guard state == .handshaking, let due = endDue, due <= Self.now else { return nil }
        return fail(peer.alert == nil ? GNUTLS_E_TIMEDOUT : GNUTLS_E_FATAL_ALERT_RECEIVED)
    }

    private static func sequence(of flight: [[UInt8]]) -> UInt64? {
        flight.first.map { RecordScan($0.span.bytes).sequence }
    }

    /// Server: answers the client's last flight again, as the answer was lost, or is on its way. GnuTLS does so for
    /// every other copy of it only.
    ///
    /// One flight for one, a few times, and only for what is as large as the answer: nothing is amplified.
    ///
    /// - Returns: true if the datagram is done with.
    func repeatFlight(_ datagram: UnsafeRawBufferPointer, _ scan: RecordScan) -> Bool {
        guard isServer, state == .established, !lastFlight.datagrams.isEmpty,
            scan.plainHandshakeType == HandshakeFragment.clientKeyExchange, lastFlight.byteCount <= datagram.count
        else { return false }
        repetitionsLeft -= 1
        sendLastFlight()
        if repetitionsLeft == 0 { lastFlight.forget() }
        return true
    }

    /// Server: answers the client's last flight, or its Finished alone, again, without looking whether it is this
    /// session's.
    /// - Returns: whether there was an answer.
    public func repeatLastFlight(for datagram: RawSpan) -> Bool {
        let scan = RecordScan(datagram)
        guard isServer, state == .established, !lastFlight.datagrams.isEmpty,
            scan.plainHandshakeType == HandshakeFragment.clientKeyExchange || scan.hasEncryptedHandshake,
            lastFlight.byteCount <= 2 * datagram.byteCount
        else { return false }
        outgoing.beginFlight()
        repetitionsLeft -= 1
        sendLastFlight()
        if repetitionsLeft == 0 { lastFlight.forget() }
        return true
    }

    /// Client: GnuTLS doubles its waits, which at 20 % loss each way costs minutes; halfway through each of them but
    /// the first, the flight goes out once more. Still exponential, with twice the tries.
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
