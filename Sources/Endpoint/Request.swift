import Credentials

/// A message that a peer sent, to be answered. Its bytes are in the buffer that the caller lent.
public struct Request: Equatable, Sendable {
    /// Who sent it.
    public let peer: PeerIdentity
    /// Bytes of the message.
    public let byteCount: Int
    /// No more fit into the answer.
    public let maximumAnswerBytes: Int
}

/// A request whose answer has to wait for something.
public struct WaitingRequest {
    /// The message.
    public let message: [UInt8]
    /// Who sent it.
    public let peer: PeerIdentity
    /// No more fit into the answer.
    public let maximumAnswerBytes: Int
    let asker: ServerEndpoint.Asker
}
