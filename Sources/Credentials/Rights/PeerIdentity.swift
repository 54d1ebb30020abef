/// Who a request comes from.
public enum PeerIdentity: Hashable, Sendable {
    /// Nobody in particular: a request over plain CoAP.
    case anonymous
    /// A peer whose handshake proved that it has this identity's key.
    case authenticated(PSKIdentity)
}
