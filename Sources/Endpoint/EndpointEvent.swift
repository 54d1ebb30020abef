import Credentials
import DTLS

/// What an endpoint tells whoever keeps the log. Never keys, and of identities only what may be logged.
public enum EndpointEvent: Equatable, Sendable {
    /// A peer proved that it holds its identity's key.
    case established(PSKIdentity, suite: String)
    /// A wrong key, or an identity that is not known: `claimed` is what the peer says, nil if it is not an identity.
    case authenticationFailed(claimed: PSKIdentity?)
    /// A handshake ended for another reason.
    case handshakeFailed(DTLSError)
    /// A peer closed its session.
    case closed(PSKIdentity)
    /// A session failed.
    case failed(PSKIdentity, DTLSError)
    /// A session was silent for too long.
    case expired(PSKIdentity)
    /// A session had to make room for another.
    case evicted(PSKIdentity)
    /// A peer came back from the same address with a new handshake; its old session is gone.
    case replaced(PSKIdentity)
    /// A table is full, or a holder's share of it, and whoever held the most made room: at the first time, and then
    /// summed up every ten seconds.
    case crowded(Table, removed: Int, mostOf: Holder?)
    /// More wrong keys than are looked at; attempts since the last such event, of which this was the latest.
    case throttled(attempts: Int, claimed: PSKIdentity?, source: SourcePrefix)
    /// An identity was revoked or has another key; its session is closed.
    case revoked(PSKIdentity)

    /// What can be full.
    public enum Table: Sendable {
        case sessions, handshakes
    }
}

/// What an endpoint has done since it began.
public struct EndpointCounters: Equatable, Sendable {
    /// Datagrams taken from the network.
    public var datagramsReceived: UInt64 = 0
    /// Datagrams given to the network.
    public var datagramsSent: UInt64 = 0
    /// Datagrams that were for no session, or that no session could read.
    public var datagramsIgnored: UInt64 = 0
    /// Hellos answered with a cookie.
    public var challenges: UInt64 = 0
    /// Hellos with a valid cookie.
    public var handshakesStarted: UInt64 = 0
    /// Handshakes whose last message was right.
    public var handshakesCompleted: UInt64 = 0
    /// Handshakes with an unknown identity or another key.
    public var authenticationFailures: UInt64 = 0
    /// Attempts at a key that were not looked at.
    public var attemptsWithheld: UInt64 = 0
    /// Handshakes that failed for another reason, timed out or were pushed out.
    public var handshakesFailed: UInt64 = 0
    /// CoAP requests that were taken.
    public var requests: UInt64 = 0
    /// CoAP responses that were sent.
    public var responses: UInt64 = 0

    /// Nothing yet.
    public init() {}

    /// Adds what another endpoint has done.
    public mutating func add(_ other: EndpointCounters) {
        datagramsReceived &+= other.datagramsReceived
        datagramsSent &+= other.datagramsSent
        datagramsIgnored &+= other.datagramsIgnored
        challenges &+= other.challenges
        handshakesStarted &+= other.handshakesStarted
        handshakesCompleted &+= other.handshakesCompleted
        authenticationFailures &+= other.authenticationFailures
        attemptsWithheld &+= other.attemptsWithheld
        handshakesFailed &+= other.handshakesFailed
        requests &+= other.requests
        responses &+= other.responses
    }
}
