import Credentials
import DTLS

extension ServerEndpoint {
    /// Sessions that one call of `advance` closes at most, so that requests do not wait while many expire together.
    private static let expiredAtOnce = 64

    /// When `advance` is to be called next; nil: never.
    public var nextWakeup: Duration? {
        guard security != nil else { return nil }
        var wakeup = nextCookieChange ?? .zero
        if let entry = deadlines.first { wakeup = min(wakeup, entry.due) }
        if let oldest = sessions.oldest, let entry = sessions[oldest] {
            wakeup = min(wakeup, entry.lastHeard + limits.idleTime)
        }
        return wakeup
    }

    /// Does what is due: sends flights again, gives up handshakes, closes idle sessions, changes the cookie secret.
    public func advance(now: Duration) {
        guard security != nil else { return }
        while let entry = deadlines.first, entry.due <= now {
            let isCurrent = isCurrent(entry)
            deadlines.removeFirst()
            if isCurrent { handshakeTimerFired(entry.key, now: now) }
        }
        for _ in 0..<Self.expiredAtOnce {
            guard let oldest = sessions.oldest, let entry = sessions[oldest], let address = sessions.key(at: oldest),
                entry.lastHeard + limits.idleTime <= now
            else { break }
            sessions.remove(address)
            close(entry, of: address, .expired(entry.identity))
        }
        if nextCookieChange.map({ $0 <= now }) ?? true {
            if nextCookieChange != nil {
                // Without fresh randomness the old secret is still a secret.
                try? security?.gate.rotateSecret()
            }
            nextCookieChange = now + limits.cookieLifetime
        }
    }

    /// Closes the sessions of identities that were revoked or have another key now, and forgets handshakes that were
    /// begun with the old one.
    public func revoke(_ identities: Set<PSKIdentity>) {
        guard !identities.isEmpty else { return }
        for address in Array(sessions.keys) {
            guard let slot = sessions.slot(of: address), let entry = sessions[slot],
                identities.contains(entry.identity)
            else { continue }
            sessions.remove(address)
            close(entry, of: address, .revoked(entry.identity))
        }
        for address in Array(handshakes.keys) {
            guard let slot = handshakes.slot(of: address), let claimed = handshakes[slot]?.session.claimedIdentity,
                let identity = PSKIdentity(bytes: claimed), identities.contains(identity)
            else { continue }
            handshakes.remove(address)
            counters.handshakesFailed &+= 1
        }
    }

    /// Says goodbye to everybody and forgets all.
    public func shutDown() {
        for address in Array(sessions.keys) {
            guard let entry = sessions.remove(address) else { continue }
            entry.dtls.close()
            flush(to: address)
        }
        for address in Array(handshakes.keys) { handshakes.remove(address) }
    }

    /// Sends close_notify for a session that is out of the table already.
    func close(_ entry: Session, of address: PeerAddress, _ event: EndpointEvent) {
        entry.dtls.close()
        flush(to: address)
        note(address, event)
    }
}
