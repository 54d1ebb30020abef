import CUDPSockets
import Endpoint
import Glibc

/// Takes many datagrams from a socket with one system call. The memory is taken once.
public final class ReceiveBatch {
    private let batch: OpaquePointer

    /// - Parameters:
    ///   - datagrams: taken at once.
    ///   - datagramBytes: of each; what is longer is cut.
    public init(datagrams: Int = 64, datagramBytes: Int = 2048) {
        let count = max(datagrams, 1)
        guard let batch = cudp_batch_make(UInt32(clamping: count), count * max(datagramBytes, 1), false) else {
            fatalError("no memory for \(count) datagrams")
        }
        self.batch = batch
    }

    deinit { cudp_batch_free(batch) }

    /// Takes what has arrived and shows each datagram to `body` with its peer.
    /// - Returns: how many there were; nothing is waited for.
    /// - Throws: ``SocketError``.
    public func receive(
        from descriptor: Int32,
        _ body: (RawSpan, PeerAddress) -> Void
    ) throws(SocketError) -> Int {
        let received = cudp_batch_receive(batch, descriptor)
        if received == -EAGAIN || received == -EINTR { return 0 }
        guard received >= 0 else { throw SocketError(-received) }
        for index in 0..<UInt32(received) {
            var count = 0
            var peer = cudp_address()
            var local = cudp_address()
            let bytes = cudp_batch_get(batch, index, &count, &peer, &local)
            guard let bytes, let remote = IPAddress(peer) else { continue }
            body(
                RawSpan(_unsafeStart: UnsafeRawPointer(bytes), byteCount: count),
                PeerAddress(remote, port: peer.port, local: IPAddress(local) ?? .unspecified)
            )
        }
        return Int(received)
    }
}
