import Credentials
import DTLS

extension ServerEndpoint {
    /// Sessions or handshakes that one call of `advance` ends at most, so that requests do not wait while many expire
    /// together.
    private static let expiredAtOnce = 64

    /// When `advance` is to be called next; nil: never.
    public var nextWakeup: Duration? {
        guard security != nil else { return plain.nextWakeup }
        guard var wakeup = nextCookieChange else { return .zero }
        if let oldest = handshakes.oldest { wakeup = min(wakeup, oldest.expires) }
        if let oldest = sessions.leastRecentlyUsed { wakeup = min(wakeup, oldest.lastHeard + limits.idleTime) }
        if let due = repetitions.due { wakeup = min(wakeup, due) }
        if let due = crowding.due { wakeup = min(wakeup, due) }
        return wakeup
    }

    /// Does what is due: sends answers again, gives up handshakes, closes idle sessions, changes the cookie secret.
    public func advance(now: Duration) {
        guard let security else { return advancePlain(now: now) }
        while let (entry, handshake) = repetitions.next(now: now, { handshakes.awaitingLastFlight($0) }) {
            _ = security.server.answerHello(of: handshake)
            flush(to: entry.address)
        }
        for _ in 0..<Self.expiredAtOnce {
            guard let oldest = handshakes.oldest, oldest.expires <= now else { break }
            handshakes.remove(oldest)
            if !oldest.isRefused {
                counters.handshakesFailed &+= 1
                note(oldest.address, .handshakeFailed(.handshakeTimedOut(.answered)))
            }
        }
        for _ in 0..<Self.expiredAtOnce {
            guard let oldest = sessions.leastRecentlyUsed, oldest.lastHeard + limits.idleTime <= now else { break }
            sessions.remove(oldest)
            close(oldest, .expired(oldest.identity))
        }
        for event in crowding.advance(now: now) { note(PeerAddress(.unspecified, port: 0), event) }
        if nextCookieChange.map({ $0 <= now }) ?? true {
            if nextCookieChange != nil {
                // Without fresh randomness the old secret is still a secret.
                try? security.gate.rotateSecret()
            }
            nextCookieChange = now + limits.cookieLifetime
        }
    }

    /// Closes the sessions of identities that were revoked or have another key now, and forgets the handshakes that
    /// have looked at their old key already. Another handshake in progress succeeds with the new one, or not at all.
    public func revoke(_ identities: Set<PSKIdentity>) {
        for handshake in handshakes.all where handshake.holdsKey(of: identities) { handshakes.remove(handshake) }
        for identity in identities {
            while let session = sessions.oldest(of: identity) {
                sessions.remove(session)
                close(session, .revoked(identity))
            }
        }
    }

    /// Says goodbye to everybody and forgets all.
    public func shutDown() {
        for session in sessions.all {
            session.dtls.close()
            flush(to: session.address)
        }
        sessions = SessionTable()
        handshakes = HandshakeTable()
    }

    /// Sends close_notify for a session that is out of the table already.
    func close(_ session: Session, _ event: EndpointEvent) {
        session.dtls.close()
        flush(to: session.address)
        note(session.address, event)
    }
}
