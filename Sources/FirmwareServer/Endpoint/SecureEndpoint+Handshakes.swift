import Credentials
import DTLS

extension SecureEndpoint {
    /// Makes room for a peer that has shown a cookie. A session that it has already stays until the new handshake is
    /// authenticated (RFC 6347 § 4.2.8): hellos can be replayed, keys cannot.
    func startHandshake(_ hello: VerifiedHello, _ datagram: RawSpan, from address: PeerAddress, now: Duration) {
        if handshakes.slot(of: address) == nil, handshakes.count >= limits.handshakes,
            let oldest = handshakes.oldest, let key = handshakes.key(at: oldest)
        {
            handshakes.remove(key)
            counters.handshakesFailed &+= 1
        }
        guard let session = try? server.makeSession(for: hello) else {
            counters.handshakesFailed &+= 1
            return
        }
        counters.handshakesStarted &+= 1
        let handshake = Handshake(
            session: session,
            random: hello.random,
            expires: now + server.configuration.handshakeTimeout,
            ticket: 0
        )
        let slot = handshakes.insert(handshake, for: address)
        continueHandshake(slot, datagram, from: address, now: now)
    }

    func continueHandshake(
        _ slot: RecencyTable<PeerAddress, Handshake>.Slot,
        _ datagram: RawSpan,
        from address: PeerAddress,
        now: Duration
    ) {
        guard let handshake = handshakes[slot] else { return }
        var established: RecencyTable<PeerAddress, Session>.Slot?
        read(handshake.session, datagram) { event, message in
            if let established {
                handle(event, message, at: established, of: address, now: now)
            } else if event == .established {
                established = promote(handshake, of: address, now: now)
            } else {
                end(handshake, because: event, of: address, now: now)
            }
        }
        flush(to: address)
        arm(address, now: now)
    }

    /// The timer of a handshake is due.
    func handshakeTimerFired(_ address: PeerAddress, now: Duration) {
        guard let slot = handshakes.slot(of: address), let handshake = handshakes[slot] else { return }
        guard now < handshake.expires else {
            handshakes.remove(address)
            if !handshake.isRefused {
                counters.handshakesFailed &+= 1
                observe(address, .handshakeFailed(.handshakeTimedOut(.answered)))
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
    private func promote(
        _ handshake: Handshake,
        of address: PeerAddress,
        now: Duration
    ) -> RecencyTable<PeerAddress, Session>.Slot? {
        handshakes.remove(address)
        guard let bytes = handshake.session.authenticatedIdentity, let identity = PSKIdentity(bytes: bytes) else {
            counters.handshakesFailed &+= 1
            return nil
        }
        counters.handshakesCompleted &+= 1
        if let old = sessions.remove(address) { observe(address, .replaced(old.identity)) }
        let entry = Session(handshake, of: identity, now: now)
        // What the handshake has to say comes before the farewell to another peer.
        flush(to: address)
        makeRoomForSession()
        observe(address, .established(identity, suite: handshake.session.suiteDescription ?? "?"))
        return sessions.insert(entry, for: address)
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
            observe(address, .authenticationFailed(claimed: claimed))
            guard let slot = handshakes.slot(of: address) else { return }
            var refused = handshake
            refused.isRefused = true
            refused.expires = min(handshake.expires, now + limits.refusalTime)
            handshakes[slot] = refused
        case .failed(let error):
            handshakes.remove(address)
            counters.handshakesFailed &+= 1
            observe(address, .handshakeFailed(error))
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
