import Endpoint
import NIOCore

/// Collects what is to be sent while datagrams are being read, and writes it all at once: one allocation and one
/// system call for many datagrams.
final class DatagramWriter {
    private var bytes = ByteBuffer()
    private var pending: [(to: SocketAddress, range: Range<Int>)] = []
    private var lastPeer: PeerAddress?
    private var lastAddress: SocketAddress?

    /// More than the socket takes is dropped, as any network does; nothing is queued without bound.
    private(set) var dropped: UInt64 = 0

    func append(_ datagram: RawSpan, to peer: PeerAddress) {
        if peer != lastPeer {
            lastPeer = peer
            lastAddress = peer.socketAddress
        }
        if let lastAddress { append(datagram, to: lastAddress) }
    }

    func append(_ datagram: RawSpan, to address: SocketAddress) {
        let start = bytes.writerIndex
        bytes.writeBytes(datagram)
        pending.append((address, start..<bytes.writerIndex))
    }

    /// Writes and flushes everything that has been collected.
    func flush(_ context: ChannelHandlerContext) {
        guard !pending.isEmpty else { return }
        for (address, range) in pending {
            guard context.channel.isWritable, let slice = bytes.getSlice(at: range.lowerBound, length: range.count)
            else {
                dropped &+= 1
                continue
            }
            let envelope = AddressedEnvelope(remoteAddress: address, data: slice)
            context.write(NIOAny(envelope), promise: nil)
        }
        pending.removeAll(keepingCapacity: true)
        context.flush()
        // In place if everything has gone out, otherwise what waits keeps the old memory.
        bytes.clear()
    }
}

extension NIODeadline {
    /// Time since an arbitrary fixed start.
    var sinceStart: Duration { .nanoseconds(Int64(clamping: uptimeNanoseconds)) }
}
