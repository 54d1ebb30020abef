import CoAP
import Credentials

/// CoAP without DTLS. Every request is nobody's in particular.
extension ServerEndpoint {
    func receivePlain(_ datagram: RawSpan, from address: PeerAddress, message: inout MutableRawSpan) -> Request? {
        // A reset: four bytes, and the only message of a peer's that answers one of ours.
        if let view = try? MessageView(datagram), view.role == .reset {
            return receiveReset(view.messageID, from: address, message: &message)
        }
        let standing = plain.standing(of: address, datagram, now: now)
        if standing != .shown {
            unshownRequest.removeAll(keepingCapacity: true)
            datagram.withUnsafeBytes { unshownRequest.append(contentsOf: $0) }
        }
        return request(datagram, of: address, standing, message: &message)
    }

    private func receiveReset(
        _ messageID: UInt16,
        from address: PeerAddress,
        message: inout MutableRawSpan
    ) -> Request? {
        switch plain.reset(messageID, from: address, now: now) {
        case .nothing:
            counters.datagramsIgnored &+= 1
            return nil
        case .ping(let ping):
            send(ping, to: address)
            return nil
        case .request(let bytes):
            return request(bytes.span.bytes, of: address, .shown, message: &message)
        }
    }

    private func request(
        _ datagram: RawSpan,
        of address: PeerAddress,
        _ standing: PlainPeers.Standing,
        message: inout MutableRawSpan
    ) -> Request? {
        guard datagram.byteCount <= message.byteCount else {
            counters.datagramsIgnored &+= 1
            return nil
        }
        datagram.withUnsafeBytes { bytes in message.withUnsafeMutableBytes { $0.copyMemory(from: bytes) } }
        counters.requests &+= 1
        asker = .plain(address, standing)
        return Request(
            peer: .anonymous,
            byteCount: datagram.byteCount,
            maximumAnswerBytes: Self.maximumDatagramBytes
        )
    }

    func answerPlain(_ answer: RawSpan, to address: PeerAddress, _ standing: PlainPeers.Standing) {
        if case .unshown(let maximumBytes) = standing, answer.byteCount > maximumBytes {
            if let instead = plain.wait(address, unshownRequest.span.bytes, now: now) { send(instead, to: address) }
            return
        }
        counters.responses &+= 1
        counters.datagramsSent &+= 1
        outgoing.append(answer, to: address)
    }

    func advancePlain(now: Duration) {
        while let (peer, answer) = plain.expire(now: now) { send(answer, to: peer) }
    }

    private func send(_ datagram: [UInt8], to address: PeerAddress) {
        counters.datagramsSent &+= 1
        outgoing.append(datagram.span.bytes, to: address)
    }
}
