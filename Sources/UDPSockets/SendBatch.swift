import CUDPSockets
import Endpoint
import Glibc

/// Collects datagrams and sends them with one system call for many. The memory is taken once.
///
/// Datagrams of one size to one peer, as the answers to requests in flight are, go to the kernel as one message.
/// No datagram holds up another: one that cannot be sent is dropped, as any network does, and counted under the
/// reason that the system gives.
public final class SendBatch {
    private let batch: OpaquePointer
    /// What became of the datagrams since the beginning.
    public private(set) var counters = SendCounters()

    /// - Parameters:
    ///   - datagrams: that it takes.
    ///   - bytes: that these have at most, together.
    ///   - joins: datagrams of one size to one peer may go to the kernel as one message.
    public init(datagrams: Int = 64, bytes: Int = 128 << 10, joins: Bool = true) {
        guard let batch = cudp_batch_make(UInt32(clamping: max(datagrams, 1)), max(bytes, 1), joins) else {
            fatalError("no memory for \(bytes) bytes of datagrams")
        }
        self.batch = batch
    }

    deinit { cudp_batch_free(batch) }

    /// Whether no datagram waits to be sent.
    public var isEmpty: Bool { cudp_batch_count(batch) == 0 }

    /// Adds a datagram, which is copied.
    /// - Parameters:
    ///   - datagram: the UDP payload.
    ///   - peer: where to; its local address is where the datagram comes from, unless that is unspecified.
    /// - Returns: false if there is no room; then `send` makes some.
    public func append(_ datagram: RawSpan, to peer: PeerAddress) -> Bool {
        var to = peer.remote.raw(port: peer.port)
        var from = peer.local.isWildcard ? cudp_address() : peer.local.raw(port: 0)
        return datagram.withUnsafeBytes { cudp_batch_append(batch, $0.baseAddress, $0.count, &to, &from) }
    }

    /// Sends everything; the batch is empty afterwards.
    public func send(through descriptor: Int32) {
        let count = cudp_batch_count(batch)
        var next: UInt32 = 0
        // Each turn sends a message or drops one, unless a signal comes in between.
        while next < count {
            var datagrams: UInt32 = 0
            let result = cudp_batch_send(batch, descriptor, next, &datagrams)
            counters.sent &+= UInt64(datagrams)
            if result > 0 {
                next += UInt32(result)
            } else if result == -EAGAIN {
                // The socket's buffer is full, for all of them.
                for index in next..<count { counters.note(EAGAIN, cudp_batch_datagrams(batch, index)) }
                break
            } else if result != -EINTR {
                drop(next, because: -result, descriptor)
                next += 1
            }
        }
        cudp_batch_clear(batch)
    }

    /// The system does not take a message. One of several datagrams may be one that the way out does not cut.
    private func drop(_ index: UInt32, because code: Int32, _ descriptor: Int32) {
        let count = cudp_batch_datagrams(batch, index)
        guard count > 1 else { return counters.note(code, 1) }
        var sent: UInt32 = 0
        let result = cudp_batch_send_apart(batch, descriptor, index, &sent)
        counters.sent &+= UInt64(sent)
        if result < 0 { counters.note(-result, count - sent) }
    }
}

/// What became of the datagrams of a ``SendBatch``.
public struct SendCounters: Equatable, Sendable {
    /// Datagrams that the system took.
    public internal(set) var sent: UInt64 = 0
    /// Datagrams that could not be sent, by errno. There are few of these.
    public private(set) var dropped: [Int32: UInt64] = [:]

    /// Nothing yet.
    public init() {}

    mutating func note(_ code: Int32, _ count: some BinaryInteger) {
        dropped[code, default: 0] &+= UInt64(clamping: count)
    }

    /// Adds what another has counted.
    public mutating func add(_ other: SendCounters) {
        sent &+= other.sent
        for (code, count) in other.dropped { note(code, count) }
    }
}
