import CGnuTLS

/// The server's handshake, from a hello and a last flight that are there.
extension DTLSSession {
    /// Takes the hello, as one record; the answer is in the outgoing datagrams.
    /// - Returns: why it is not answered; an alert is in the outgoing datagrams then.
    func takeHello(_ record: [UInt8]) -> DTLSError? {
        let code = handshake(record, records: 1)
        guard gnutls_error_is_fatal(code) != 0, case .failed(let error) = fail(code) else { return nil }
        return error
    }

    /// Takes the client's last flight in one datagram, or what is missing of it.
    /// - Returns: whether the peer has proved that it holds the key; the server's last flight is in the outgoing
    ///   datagrams then.
    func takeLastFlight(_ records: [UInt8]) -> Bool {
        guard handshake(records, records: 3) == GNUTLS_E_SUCCESS else { return false }
        state = .established
        nonces = nil
        lastFlight.note(outgoing.flight())
        return true
    }

    /// GnuTLS returns after each record that it drops and keeps the rest of the datagram, so a call per record at most
    /// is needed until all have been seen.
    private func handshake(_ datagram: [UInt8], records: Int) -> Int32 {
        mayHoldRecords = true
        defer { mayHoldRecords = false }
        return datagram.withUnsafeBytes { bytes in
            inbound = bytes
            defer { inbound = nil }
            var code = gnutls_handshake(handle)
            for _ in 0..<records where code != GNUTLS_E_SUCCESS && gnutls_error_is_fatal(code) == 0 {
                code = gnutls_handshake(handle)
            }
            return code
        }
    }

    /// Has GnuTLS use the nonces. For the random it has a function. The session identifier is where
    /// `gnutls_session_get_id2` points to once the hello is read, and is put there; that GnuTLS then sends it is seen
    /// from the flight (`HelloAnswers.learn`), so that a GnuTLS that does otherwise costs memory and nothing else: the
    /// session is kept from the hello on.
    func installNonces() throws(DTLSError) {
        guard var random = nonces?.random else { return }
        let code = random.withUnsafeMutableBufferPointer { buffer in
            var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
            return gnutls_handshake_set_random(handle, &datum)
        }
        guard code == GNUTLS_E_SUCCESS else { throw .library(code) }
        gnutls_handshake_set_hook_function(
            handle,
            GNUTLS_HANDSHAKE_CLIENT_HELLO.rawValue,
            Int32(GNUTLS_HOOK_POST)
        ) { session, _, _, _, _ in
            guard let session, let nonces = DTLSSession.owner(of: session)?.nonces else { return 0 }
            var identifier = gnutls_datum_t()
            guard gnutls_session_get_id2(session, &identifier) == GNUTLS_E_SUCCESS,
                Int(identifier.size) == nonces.sessionID.count, let bytes = identifier.data
            else { return 0 }
            UnsafeMutableRawBufferPointer(start: bytes, count: nonces.sessionID.count)
                .copyBytes(from: nonces.sessionID)
            return 0
        }
    }
}
