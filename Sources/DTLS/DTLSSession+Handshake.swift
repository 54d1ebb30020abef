import CGnuTLS

extension DTLSSession {
    /// Lets GnuTLS go on with the handshake; `scan` describes the datagram in hand, nil if it is the timer.
    func continueHandshake(after scan: RecordScan?) -> DTLSEvent? {
        mayHoldRecords = scan != nil
        defer { mayHoldRecords = false }
        // GnuTLS returns after each record that it drops and keeps the rest of the datagram, so a call per record
        // at most is needed until all have been seen.
        for _ in 0...(scan?.recordCount ?? 0) {
            let code = gnutls_handshake(handle)
            if code == GNUTLS_E_SUCCESS {
                state = .established
                flightTimer.answered(sequence: nil, at: Self.now)
                return .established
            }
            if gnutls_error_is_fatal(code) != 0 {
                return fail(code)
            }
        }
        return nil
    }

    /// Client: times its flights. An answer has to be noted before GnuTLS sees it, as the next flight leaves within
    /// that call. What is forged here bends a timer within its bounds, and no more.
    func noteAnswer(_ datagram: RawSpan, _ scan: RecordScan) {
        guard !isServer else { return }
        switch peer.note(datagram, scan) {
        case .nothing:
            break
        case .newFlight:
            endDue = nil
            flightTimer.answered(sequence: scan.sequence, at: Self.now)
            setTimeouts()
        case .otherHandshake:
            // It may be forged, so the answer that is under way, if there is one, gets its time.
            let due = Self.now + flightTimer.retransmit
            endDue = min(endDue ?? due, due)
        }
    }

    /// Client: an alert that is not encrypted ends the handshake after two retransmission times, if no flight comes
    /// before.
    ///
    /// - Returns: true if the datagram is done with.
    func noteAlert(_ datagram: RawSpan) -> Bool {
        guard !isServer, peer.noteAlert(datagram) else { return false }
        if peer.alert != nil {
            let due = Self.now + flightTimer.retransmit * 2
            endDue = min(endDue ?? due, due)
        }
        return true
    }

    /// Time since any fixed start, by the clock that GnuTLS has its timers from.
    static var now: Duration { ContinuousClock.now - startOfTime }

    private static let startOfTime = ContinuousClock.now

    private var progress: HandshakeProgress {
        let last = gnutls_handshake_get_last_in(handle)
        switch last {
        case GNUTLS_HANDSHAKE_SERVER_HELLO_DONE, GNUTLS_HANDSHAKE_CLIENT_KEY_EXCHANGE, GNUTLS_HANDSHAKE_FINISHED:
            return .onlyFinishedMissing
        case GNUTLS_HANDSHAKE_SERVER_HELLO, GNUTLS_HANDSHAKE_SERVER_KEY_EXCHANGE,
            GNUTLS_HANDSHAKE_HELLO_VERIFY_REQUEST, GNUTLS_HANDSHAKE_CLIENT_HELLO:
            return .answered
        default:
            return .noAnswer
        }
    }

    /// Ends the session because of what GnuTLS returned, and tells the peer unless the peer told us.
    func fail(_ code: Int32) -> DTLSEvent {
        var error = DTLSError(
            gnuTLS: code,
            alert: peer.alert ?? UInt8(truncatingIfNeeded: gnutls_alert_get(handle).rawValue),
            progress: progress
        )
        if peer.isMixed {
            switch error {
            case .authenticationFailed, .handshakeTimedOut: error = .handshakeTimedOut(.forgotten)
            default: break
            }
        }
        sendAlert(for: code, error: error)
        state = .failed(error)
        return .failed(error)
    }

    private func sendAlert(for code: Int32, error: DTLSError) {
        switch code {
        case GNUTLS_E_FATAL_ALERT_RECEIVED, GNUTLS_E_TIMEDOUT:
            break
        default:
            if error == .authenticationFailed {
                // RFC 4279 § 2; the same for a wrong key and for an unknown identity.
                gnutls_alert_send(handle, GNUTLS_AL_FATAL, GNUTLS_A_DECRYPT_ERROR)
            } else {
                gnutls_alert_send_appropriate(handle, code)
            }
        }
    }
}
