import Credentials
import DTLS

/// The handshakes of a peer that has shown a cookie: the one begun last, and others that it began shortly before. A
/// hello that comes late, or is played again by somebody who saw it, begins one beside the peer's own and does not end
/// it.
final class Handshake {
    let address: PeerAddress
    let source: SourcePrefix
    var expires: Duration
    /// Where it is in the table.
    var slot = RecencyTable<PeerAddress, Handshake>.Slot.none
    /// The latest first.
    private(set) var all: [ServerHandshake] = []
    /// A failure has been told of.
    var isRefused = false

    /// When they did.
    private var began: [Duration] = []

    private static let maximumCount = 3
    /// A client that has not finished by then is likely to have begun anew.
    private static let patience = Duration.seconds(5)

    init(of address: PeerAddress, source: SourcePrefix, expires: Duration) {
        self.address = address
        self.source = source
        self.expires = expires
    }

    /// Whether one of them has taken a key of these identities already.
    func holdsKey(of identities: Set<PSKIdentity>) -> Bool {
        all.contains { handshake in
            handshake.claimedIdentity.flatMap { PSKIdentity(bytes: $0) }.map { identities.contains($0) } ?? false
        }
    }

    /// The one that this hello belongs to.
    func known(_ hello: VerifiedHello) -> ServerHandshake? {
        all.first { $0.random == hello.random && $0.fingerprint == hello.fingerprint }
    }

    /// Whether another may begin: while the oldest may still come to something, as many as there are do.
    func hasRoom(now: Duration) -> Bool {
        all.count < Self.maximumCount || (began.last.map { now - $0 >= Self.patience } ?? true)
    }

    /// Takes one out that can come to nothing.
    func remove(_ handshake: ServerHandshake) {
        guard let index = all.firstIndex(where: { $0 === handshake }) else { return }
        all.remove(at: index)
        began.remove(at: index)
    }

    func add(_ handshake: ServerHandshake, now: Duration) {
        if all.count >= Self.maximumCount {
            all.removeLast()
            began.removeLast()
        }
        all.insert(handshake, at: 0)
        began.insert(now, at: 0)
    }
}
