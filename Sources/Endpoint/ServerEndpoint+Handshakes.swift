import Credentials
import DTLS

/// The handshake of a peer that has shown a cookie.
struct Handshake {
    let session: DTLSSession
    let random: ClientRandom
    var expires: Duration
    /// Of the entry in `deadlines` that counts.
    var ticket: UInt64
    /// It failed, and is here only to say so again.
    var isRefused = false
}

extension ServerEndpoint {
    /// True if the datagram was a hello and has been dealt with.
    func passGate(_ security: Security, _ datagram: RawSpan, from address: PeerAddress, now: Duration) -> Bool {
        let cookieBytes = address.cookieBytes
        switch security.gate.check(datagram, from: cookieBytes.span.bytes) {
        case .notClientHello:
            return false
        case .challenged:
            counters.challenges &+= 1
            flush(to: address)
        case .verified(let hello):
            if let slot = handshakes.slot(of: address), handshakes[slot]?.random == hello.random {
                feed(slot, datagram, from: address, now: now)
            } else if let slot = sessions.slot(of: address), sessions[slot]?.random == hello.random {
                // Sent again or late: this hello has become the session that is there.
                counters.datagramsIgnored &+= 1
            } else {
                startHandshake(security, hello, datagram, from: address, now: now)
            }
        }
        return true
    }

    /// Makes room for a peer that has shown a cookie. A session that it has already stays until the new handshake is
    /// authenticated (RFC 6347 § 4.2.8): hellos can be replayed, keys cannot.
    private func startHandshake(
        _ security: Security,
        _ hello: VerifiedHello,
        _ datagram: RawSpan,
        from address: PeerAddress,
        now: Duration
    ) {
        if handshakes.slot(of: address) == nil, handshakes.count >= limits.handshakes,
            let oldest = handshakes.oldest, let key = handshakes.key(at: oldest)
        {
            handshakes.remove(key)
            counters.handshakesFailed &+= 1
        }
        guard let session = try? security.server.makeSession(for: hello) else {
            counters.handshakesFailed &+= 1
            return
        }
        counters.handshakesStarted &+= 1
        let handshake = Handshake(
            session: session,
            random: hello.random,
            expires: now + security.server.configuration.handshakeTimeout,
            ticket: 0
        )
        feed(handshakes.insert(handshake, for: address), datagram, from: address, now: now)
    }

    /// Gives a hello to its handshake.
    private func feed(
        _ slot: RecencyTable<PeerAddress, Handshake>.Slot,
        _ datagram: RawSpan,
        from address: PeerAddress,
        now: Duration
    ) {
        var nothing: [UInt8] = []
        var span = nothing.mutableSpan
        var message = span.mutableBytes
        _ = continueHandshake(slot, datagram, from: address, now: now, message: &message)
    }

    func continueHandshake(
        _ slot: RecencyTable<PeerAddress, Handshake>.Slot,
        _ datagram: RawSpan,
        from address: PeerAddress,
        now: Duration,
        message: inout MutableRawSpan
    ) -> Request? {
        guard let handshake = handshakes[slot] else { return nil }
        let event = handshake.session.receive(datagram, plaintext: &message)
        if event == .established {
            guard let session = promote(handshake, of: address, now: now) else { return nil }
            return take(event, of: session, now: now, message: &message)
        }
        if let event { end(handshake, because: event, of: address, now: now) }
        flush(to: address)
        arm(address, now: now)
        return nil
    }

    /// The timer of a handshake is due.
    func handshakeTimerFired(_ address: PeerAddress, now: Duration) {
        guard let slot = handshakes.slot(of: address), let handshake = handshakes[slot] else { return }
        guard now < handshake.expires else {
            handshakes.remove(address)
            if !handshake.isRefused {
                counters.handshakesFailed &+= 1
                note(address, .handshakeFailed(.handshakeTimedOut(.answered)))
            }
            return
        }
        if let event = handshake.session.timerFired() {
            end(handshake, because: event, of: address, now: now)
        }
        flush(to: address)
        arm(address, now: now)
    }

    /// The peer has proved that it holds the key: its handshake becomes its session, in place of an older one.
    private func promote(_ handshake: Handshake, of address: PeerAddress, now: Duration) -> Session? {
        handshakes.remove(address)
        guard let bytes = handshake.session.authenticatedIdentity, let identity = PSKIdentity(bytes: bytes) else {
            counters.handshakesFailed &+= 1
            return nil
        }
        counters.handshakesCompleted &+= 1
        if let old = sessions.remove(address) { note(address, .replaced(old.identity)) }
        let session = Session(
            handshake.session,
            random: handshake.random,
            identity: identity,
            at: address,
            now: now
        )
        // What the handshake has to say comes before the farewell to another peer.
        flush(to: address)
        makeRoomForSession()
        note(address, .established(identity, suite: handshake.session.suiteDescription ?? "?"))
        session.slot = sessions.insert(session, for: address)
        return session
    }

    private func makeRoomForSession() {
        while sessions.count >= limits.sessions, let oldest = sessions.oldest, let key = sessions.key(at: oldest),
            let entry = sessions.remove(key)
        {
            close(entry, of: key, .evicted(entry.identity))
        }
    }

    private func end(_ handshake: Handshake, because event: DTLSEvent, of address: PeerAddress, now: Duration) {
        switch event {
        case .failed(.authenticationFailed):
            counters.authenticationFailures &+= 1
            let claimed = handshake.session.claimedIdentity.flatMap { PSKIdentity(bytes: $0) }
            note(address, .authenticationFailed(claimed: claimed))
            guard let slot = handshakes.slot(of: address) else { return }
            var refused = handshake
            refused.isRefused = true
            refused.expires = min(handshake.expires, now + limits.refusalTime)
            handshakes[slot] = refused
        case .failed(let error):
            handshakes.remove(address)
            counters.handshakesFailed &+= 1
            note(address, .handshakeFailed(error))
        case .closed:
            handshakes.remove(address)
            counters.handshakesFailed &+= 1
        case .established, .received:
            break
        }
    }

    /// Notes when the handshake of this peer wants to be called next.
    private func arm(_ address: PeerAddress, now: Duration) {
        guard let slot = handshakes.slot(of: address), var handshake = handshakes[slot] else { return }
        var due = handshake.expires
        if let wait = handshake.session.timeUntilTimer { due = min(due, now + max(wait, .milliseconds(1))) }
        handshake.ticket = deadlines.add(address, due: due)
        handshakes[slot] = handshake
        // Entries that do not count any more must not pile up when peers make handshakes go on all the time.
        if deadlines.count > 64 + 4 * handshakes.count {
            deadlines.removeAll { !isCurrent($0) }
        }
    }

    func isCurrent(_ entry: DeadlineQueue<PeerAddress>.Entry) -> Bool {
        guard let slot = handshakes.slot(of: entry.key) else { return false }
        return handshakes[slot]?.ticket == entry.ticket
    }
}
