import CGnuTLS

extension DTLSSession {
    /// Client: sends the first ClientHello.
    public func start() -> DTLSEvent? {
        let event = handshakeTimerFired()
        noteFlight(event)
        return event
    }

    /// Takes one datagram from the peer. Whatever it holds, at worst it is ignored; only an authenticated peer can
    /// end an established session.
    /// - Parameters:
    ///   - datagram: the UDP payload, whole.
    ///   - plaintext: where a message goes; at least as large as the datagram, otherwise a message that
    ///     does not fit is dropped.
    /// - Returns: what happened; there may be more, see `nextEvent`.
    public func receive(_ datagram: RawSpan, plaintext: inout MutableRawSpan) -> DTLSEvent? {
        let scan = RecordScan(datagram)
        guard scan.recordCount > 0 else { return nil }
        return datagram.withUnsafeBytes { bytes -> DTLSEvent? in
            inbound = UnsafeRawBufferPointer(rebasing: bytes[..<scan.byteCount])
            defer { inbound = nil }
            recordsLeft = scan.recordCount
            outgoing.beginFlight()
            if repeatFlight(bytes, scan) { return nil }
            // GnuTLS would send its last flight again for anything that looks like a handshake.
            if isServer, scan.isPlain { return nil }
            switch state {
            case .handshaking:
                if noteAlert(datagram) { return nil }
                noteAnswer(datagram, scan)
                let event = continueHandshake(after: scan)
                noteFlight(event)
                return event ?? (state == .established ? readRecords(into: &plaintext) : nil)
            case .established:
                return readRecords(into: &plaintext)
            case .closed, .failed:
                return nil
            }
        }
    }

    /// What else the last datagram held; nil if there is nothing left.
    public func nextEvent(plaintext: inout MutableRawSpan) -> DTLSEvent? {
        guard state == .established, recordsLeft > 0 else { return nil }
        outgoing.beginFlight()
        return readRecords(into: &plaintext)
    }

    /// The time of `timeUntilTimer` has passed: sends the last flight again, or gives up.
    public func timerFired() -> DTLSEvent? {
        if let ended = endIfDue() { return ended }
        if sendCopyIfDue() { return nil }
        let event = handshakeTimerFired()
        if noteRepetition() { scheduleCopy() }
        return event
    }

    private func handshakeTimerFired() -> DTLSEvent? {
        guard state == .handshaking, !isServer else { return nil }
        recordsLeft = 0
        outgoing.beginFlight()
        return continueHandshake(after: nil)
    }

    /// Encrypts a message into one outgoing datagram.
    /// - Throws: `.notEstablished`, `.messageTooLarge`, `.library`.
    public func send(_ message: RawSpan) throws(DTLSError) {
        guard state == .established else { throw .notEstablished }
        guard message.byteCount > 0, message.byteCount <= maximumMessageBytes else {
            throw .messageTooLarge(maximumBytes: maximumMessageBytes)
        }
        outgoing.beginFlight()
        let sent = message.withUnsafeBytes { gnutls_record_send(handle, $0.baseAddress, $0.count) }
        guard sent == message.byteCount else { throw .library(Int32(clamping: sent)) }
    }

    /// Ends the session: close_notify to the peer if there is a session to close.
    public func close() {
        if state == .established {
            outgoing.beginFlight()
            _ = gnutls_bye(handle, GNUTLS_SHUT_WR)
        }
        if state == .established || state == .handshaking {
            state = .closed
        }
    }

    private func readRecords(into plaintext: inout MutableRawSpan) -> DTLSEvent? {
        while recordsLeft > 0 {
            recordsLeft -= 1
            let code = plaintext.withUnsafeMutableBytes {
                gnutls_record_recv(handle, $0.baseAddress, $0.count)
            }
            if code > 0 {
                // A peer that sends messages has all of the handshake.
                lastFlight.forget()
                if discardRest() { continue }
                return .received(byteCount: code)
            }
            switch Int32(clamping: code) {
            case 0:
                // RFC 5246 § 7.2.1: the other side answers with a close_notify of its own.
                _ = gnutls_bye(handle, GNUTLS_SHUT_WR)
                state = .closed
                return .closed
            case GNUTLS_E_REHANDSHAKE:
                // RFC 5246 § 7.2.2: a renegotiation may be declined with a warning.
                gnutls_alert_send(handle, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION)
            case GNUTLS_E_TIMEDOUT:
                // GnuTLS says so for any record that it drops once the session is older than the handshake timeout.
                break
            case let code where gnutls_error_is_fatal(code) != 0:
                return fail(code)
            default:
                break
            }
        }
        return nil
    }

    /// True if the message was larger than the caller's buffer; what is left of it is thrown away.
    private func discardRest() -> Bool {
        guard gnutls_record_check_pending(handle) > 0 else { return false }
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { scratch in
            while gnutls_record_check_pending(handle) > 0,
                gnutls_record_recv(handle, scratch.baseAddress, scratch.count) > 0
            {}
        }
        return true
    }
}
