import Credentials
import DTLS

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
            if sessions[address]?.random == hello.random {
                // Sent again or late: this hello has become the session that is there.
                counters.datagramsIgnored &+= 1
            } else {
                let group = handshakes[address] ?? startHandshake(of: address, now: now)
                guard let handshake = group.known(hello) ?? startHandshake(security, hello, in: group, now: now) else {
                    counters.datagramsIgnored &+= 1
                    break
                }
                take(datagram, for: [handshake], in: group, security, now: now)
                flush(to: address)
            }
        }
        return true
    }

    /// Makes room for a peer that has shown a cookie. A session that it has already stays until the new handshake is
    /// authenticated (RFC 6347 § 4.2.8): hellos can be replayed, keys cannot.
    private func startHandshake(of address: PeerAddress, now: Duration) -> Handshake {
        while let (victim, holder) = handshakes.victim(limits) {
            handshakes.remove(victim)
            counters.handshakesFailed &+= 1
            note(victim.address, crowding.removed(from: .handshakes, of: holder, now: now))
        }
        let group = Handshake(of: address, source: limits.source(of: address), expires: now + limits.handshakeTime)
        handshakes.insert(group)
        return group
    }

    private func startHandshake(
        _ security: Security,
        _ hello: VerifiedHello,
        in group: Handshake,
        now: Duration
    ) -> ServerHandshake? {
        guard group.hasRoom(now: now) else { return nil }
        counters.handshakesStarted &+= 1
        let handshake = security.server.makeHandshake(for: hello)
        group.add(handshake, now: now)
        return handshake
    }

    /// Gives a datagram that is no hello to the handshakes of its peer.
    func continueHandshake(_ group: Handshake, _ datagram: RawSpan, _ security: Security, now: Duration) {
        take(datagram, for: group.all, in: group, security, now: now)
        flush(to: group.address)
    }

    /// Gives a datagram to handshakes of a peer. That it has a wrong key is said if none of them is of another mind.
    private func take(
        _ datagram: RawSpan,
        for all: [ServerHandshake],
        in group: Handshake,
        _ security: Security,
        now: Duration
    ) {
        var refused: (handshake: ServerHandshake, identity: [UInt8])?
        var isOfUse = false
        for handshake in all {
            let progress = handshake.receive(datagram)
            if progress != .nothing { isOfUse = true }
            switch progress {
            case .nothing:
                break
            case .hello:
                let isFirst = !handshake.isAnswered
                guard let error = security.server.answerHello(of: handshake) else {
                    if isFirst, !handshakes.isCrowded(group.source, limits) {
                        repetitions.add(handshake, of: group.address, now: now)
                    }
                    break
                }
                // The peer's own may stand beside it.
                group.remove(handshake)
                if group.all.isEmpty { handshakes.remove(group) }
                counters.handshakesFailed &+= 1
                return note(group.address, .handshakeFailed(error))
            case .finished:
                switch finish(handshake, in: group, security, now: now) {
                case .established: return
                case .refused(let identity): refused = refused ?? (handshake, identity)
                case .withheld: break
                }
            }
        }
        if !isOfUse { counters.datagramsIgnored &+= 1 }
        guard let refused else { return }
        // The last flight of the handshake that has become the session, once more, is none of these handshakes'.
        if sessions[group.address]?.dtls.repeatLastFlight(for: datagram) != true {
            security.server.refuse(refused.handshake)
        }
        // A client repeats its last flight until it has the alert: that is one failure.
        guard !group.isRefused else { return }
        group.isRefused = true
        counters.authenticationFailures &+= 1
        note(group.address, .authenticationFailed(claimed: PSKIdentity(bytes: refused.identity)))
    }

    private enum Attempts {
        case established
        /// None has succeeded; the identity is the last one's.
        case refused([UInt8])
        /// None was made.
        case withheld
    }

    /// Makes the attempts at a handshake that a datagram has brought, as far as the throttle lets it.
    private func finish(
        _ handshake: ServerHandshake,
        in group: Handshake,
        _ security: Security,
        now: Duration
    ) -> Attempts {
        var result = Attempts.withheld
        while let attempt = handshake.nextAttempt() {
            let identity = PSKIdentity(bytes: attempt.identity)
            let isKnown = identity.flatMap { sessions.oldest(of: $0) }?.source == group.source
            guard throttle.allows(attempt.identity, from: group.source, isKnown: isKnown, now: now) else {
                counters.attemptsWithheld &+= 1
                note(group.address, crowding.withheld(identity, from: group.source, now: now))
                continue
            }
            switch security.server.attempt(attempt, in: handshake) {
            case .established(let session):
                throttle.succeeded(attempt.identity, from: group.source, now: now)
                promote(session, handshake, of: group, now: now)
                return .established
            case .refused:
                throttle.failed(attempt.identity, from: group.source, now: now)
                result = .refused(attempt.identity)
            case .failed(let error):
                note(group.address, .handshakeFailed(error))
            }
        }
        return result
    }

    /// The peer has proved that it holds the key: its handshake becomes its session, in place of an older one.
    private func promote(_ dtls: DTLSSession, _ handshake: ServerHandshake, of group: Handshake, now: Duration) {
        handshakes.remove(group)
        guard let bytes = dtls.authenticatedIdentity, let identity = PSKIdentity(bytes: bytes) else {
            counters.handshakesFailed &+= 1
            return
        }
        counters.handshakesCompleted &+= 1
        if let old = sessions[group.address] {
            sessions.remove(old)
            note(group.address, .replaced(old.identity))
        }
        // What the handshake has to say comes before the farewell to another peer.
        flush(to: group.address)
        while let (victim, holder) = sessions.victim(for: identity, group.source, limits) {
            sessions.remove(victim)
            close(victim, .evicted(victim.identity))
            if let holder { note(victim.address, crowding.removed(from: .sessions, of: holder, now: now)) }
        }
        sessions.insert(
            Session(dtls, random: handshake.random, identity: identity, at: group.address, group.source, now: now)
        )
        note(group.address, .established(identity, suite: dtls.suiteDescription ?? "?"))
    }
}
