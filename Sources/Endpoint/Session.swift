import Credentials
import DTLS

/// A peer that has proved that it holds its identity's key. A class, so that a request changes it where it is.
final class Session {
    let dtls: DTLSSession
    let address: PeerAddress
    let source: SourcePrefix
    /// Of the hello that it came from.
    let random: ClientRandom
    let identity: PSKIdentity
    let peer: PeerIdentity
    let maximumMessageBytes: Int
    /// Where it is in the table.
    var slot = RecencyTable<PeerAddress, Session>.Slot.none
    var lastHeard: Duration

    init(
        _ dtls: DTLSSession,
        random: ClientRandom,
        identity: PSKIdentity,
        at address: PeerAddress,
        _ source: SourcePrefix,
        now: Duration
    ) {
        self.dtls = dtls
        self.address = address
        self.source = source
        self.random = random
        self.identity = identity
        peer = .authenticated(identity)
        maximumMessageBytes = dtls.maximumMessageBytes
        lastHeard = now
    }
}
