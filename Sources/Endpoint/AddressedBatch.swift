import DTLS

/// Datagrams to be sent, in order, each with its peer. Emptied by whoever sends them; its memory is kept, so that
/// sending allocates nothing.
public struct AddressedBatch {
    private var bytes: [UInt8] = []
    private var entries: [(peer: PeerAddress, end: Int)] = []

    init() {
        bytes.reserveCapacity(64 << 10)
        entries.reserveCapacity(64)
    }

    /// Whether no datagram is in it.
    public var isEmpty: Bool { entries.isEmpty }

    /// Datagrams.
    public var count: Int { entries.count }

    /// Shows each datagram to `body`, oldest first. They stay in the batch.
    public func withEach(_ body: (PeerAddress, RawSpan) -> Void) {
        let all = bytes.span.bytes
        var start = 0
        for entry in entries {
            body(entry.peer, all.extracting(start..<entry.end))
            start = entry.end
        }
    }

    /// Forgets the datagrams and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    mutating func append(_ datagram: RawSpan, to peer: PeerAddress) {
        datagram.withUnsafeBytes { bytes.append(contentsOf: $0) }
        entries.append((peer, bytes.count))
    }
}
