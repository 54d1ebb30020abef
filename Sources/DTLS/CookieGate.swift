import CGnuTLS

/// Makes peers prove that they receive what is sent to their address before anything is remembered about them
/// (RFC 6347 § 4.2.1). Stateless: the cookie is an HMAC over the address and the hello's parameters.
///
/// A HelloVerifyRequest has 44 bytes and every ClientHello that is answered has more, so nothing is amplified.
public final class CookieGate {
    /// What became of a datagram.
    public enum Verdict {
        /// Not a ClientHello that starts a handshake: for an existing session, or nobody.
        case notClientHello
        /// Answered with a HelloVerifyRequest, which is in the outgoing datagrams.
        case challenged
        /// The hello carries a cookie for its sender's address; a handshake may be made.
        case verified(VerifiedHello)
    }

    private var current: [UInt8]
    private var previous: [UInt8]
    private let outgoing: DatagramBatch
    private var clientData: [UInt8] = []

    /// - Throws: `.library` if there is no randomness to be had.
    public init(outgoing: DatagramBatch) throws(DTLSError) {
        current = try Self.randomSecret()
        previous = current
        self.outgoing = outgoing
    }

    /// Changes the secret. Cookies made with the last one stay good until the next change, older ones do not, so
    /// that collected cookies are of no use for long. To be called every minute or so.
    public func rotateSecret() throws(DTLSError) {
        let fresh = try Self.randomSecret()
        previous = current
        current = fresh
    }

    /// Looks at a datagram from a peer.
    /// - Parameters:
    ///   - datagram: the UDP payload.
    ///   - address: the sender's address and port in any fixed form.
    /// - Returns: what became of it; a challenge is in the outgoing datagrams.
    public func check(_ datagram: RawSpan, from address: RawSpan) -> Verdict {
        guard let hello = ClientHello(datagram) else { return .notClientHello }
        clientData.removeAll(keepingCapacity: true)
        clientData.append(contentsOf: address)
        clientData.append(contentsOf: datagram.extracting(hello.parameters))
        if hello.hasCookie {
            var prestate = gnutls_dtls_prestate_st()
            if verify(datagram, secret: &current, prestate: &prestate)
                || verify(datagram, secret: &previous, prestate: &prestate)
            {
                var hasher = Hasher()
                datagram.extracting(hello.message).withUnsafeBytes { hasher.combine(bytes: $0) }
                return .verified(
                    VerifiedHello(random: hello.random, fingerprint: hasher.finalize(), prestate: prestate)
                )
            }
        }
        return challenge(hello) ? .challenged : .notClientHello
    }

    private func verify(
        _ datagram: RawSpan,
        secret: inout [UInt8],
        prestate: inout gnutls_dtls_prestate_st
    ) -> Bool {
        secret.withUnsafeMutableBufferPointer { secret in
            clientData.withUnsafeMutableBufferPointer { client in
                datagram.withUnsafeBytes { bytes in
                    var key = gnutls_datum_t(data: secret.baseAddress, size: UInt32(secret.count))
                    // GnuTLS reads the message through a pointer that is not const.
                    let message = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                    return gnutls_dtls_cookie_verify(
                        &key,
                        client.baseAddress,
                        client.count,
                        message,
                        bytes.count,
                        &prestate
                    ) == GNUTLS_E_SUCCESS
                }
            }
        }
    }

    private func challenge(_ hello: ClientHello) -> Bool {
        var prestate = gnutls_dtls_prestate_st()
        prestate.record_seq = UInt32(hello.recordSequence)
        outgoing.beginFlight()
        let sent = current.withUnsafeMutableBufferPointer { secret in
            clientData.withUnsafeMutableBufferPointer { client in
                var key = gnutls_datum_t(data: secret.baseAddress, size: UInt32(secret.count))
                return gnutls_dtls_cookie_send(
                    &key,
                    client.baseAddress,
                    client.count,
                    &prestate,
                    Unmanaged.passUnretained(outgoing).toOpaque()
                ) { batch, data, count in
                    guard let batch, let data else { return -1 }
                    Unmanaged<DatagramBatch>.fromOpaque(batch).takeUnretainedValue()
                        .append(UnsafeRawBufferPointer(start: data, count: count), limit: 0)
                    return count
                }
            }
        }
        return sent >= 0
    }

    private static func randomSecret() throws(DTLSError) -> [UInt8] {
        var secret = [UInt8](repeating: 0, count: Int(GNUTLS_COOKIE_KEY_SIZE))
        let code = secret.withUnsafeMutableBytes { gnutls_rnd(GNUTLS_RND_KEY, $0.baseAddress, $0.count) }
        guard code == GNUTLS_E_SUCCESS else { throw .library(code) }
        return secret
    }
}

/// A ClientHello, or the first fragment of one, whose sender has shown that it receives at its address; what a server's
/// handshake is made from.
public struct VerifiedHello {
    /// Tells a repetition of the same hello from a new attempt.
    public let random: ClientRandom
    /// Tells it from another with the same random, which somebody else made of it.
    public let fingerprint: Int
    let prestate: gnutls_dtls_prestate_st
}

extension Array where Element == UInt8 {
    fileprivate mutating func append(contentsOf bytes: RawSpan) {
        bytes.withUnsafeBytes { append(contentsOf: $0) }
    }
}
