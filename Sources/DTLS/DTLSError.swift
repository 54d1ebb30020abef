/// Why a session could not be set up or did not last.
public enum DTLSError: Error, Equatable, Sendable {
    /// The two sides do not hold the same key for the identity, or the identity is unknown to the server. A client's
    /// peer said so, and said nothing better to a last flight that was sent once more.
    case authenticationFailed
    /// The handshake did not finish in time.
    case handshakeTimedOut(HandshakeProgress)
    /// No cipher suite or key exchange in common.
    case noCommonSuite
    /// The peer speaks another version of DTLS only.
    case versionRefused
    /// The peer ended the session with this fatal alert (RFC 5246 § 7.2).
    case fatalAlert(UInt8)
    /// The peer broke the protocol; the code is GnuTLS's.
    case protocolViolation(Int32)
    /// `send` was called before the handshake was finished or after the session had ended.
    case notEstablished
    /// The message does not fit one datagram; at most so many bytes do.
    case messageTooLarge(maximumBytes: Int)
    /// The configuration, identity or key cannot be used.
    case invalidConfiguration
    /// GnuTLS failed for a reason of its own, such as memory; the code is GnuTLS's.
    case library(Int32)
}

/// How far a handshake came before it timed out.
public enum HandshakeProgress: Equatable, Sendable {
    /// Nothing that made sense came from the peer.
    case noAnswer
    /// The peer answered, but the key exchange was not completed.
    case answered
    /// The key exchange went through and only the peer's Finished is missing. Some implementations keep silent
    /// when the key is wrong; this is how it looks then.
    case onlyFinishedMissing
    /// The peer began another handshake in the middle: it was restarted, or the client's address changed. What it said
    /// of this one may be about a mix of the two.
    case forgotten
}

/// What a datagram, a timer or a call brought about.
public enum DTLSEvent: Equatable, Sendable {
    /// The handshake is finished and both sides have proved that they hold the key.
    case established
    /// A message of so many bytes was decrypted into the caller's buffer.
    case received(byteCount: Int)
    /// The peer closed the session (close_notify).
    case closed
    /// The session is over. A last alert may be waiting in the outgoing datagrams.
    case failed(DTLSError)
}
