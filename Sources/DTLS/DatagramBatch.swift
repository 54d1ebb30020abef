/// Outgoing datagrams in the order in which they are to be sent. One batch serves any number of sessions as long
/// as it is emptied after each call on one of them; its memory is kept, so that sending allocates nothing.
public final class DatagramBatch {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Datagrams before this one belong to earlier calls and are not appended to.
    private var firstOpen = 0

    /// An empty batch.
    public init() {
        bytes.reserveCapacity(4096)
        ends.reserveCapacity(8)
    }

    /// Number of datagrams waiting.
    public var count: Int { ends.count }

    /// Whether no datagram waits.
    public var isEmpty: Bool { ends.isEmpty }

    /// Sum of all datagrams, in bytes.
    public var byteCount: Int { bytes.count }

    /// Shows each datagram to `body`, oldest first. They stay in the batch.
    public func withEach(_ body: (RawSpan) -> Void) {
        let storage = bytes
        let all = storage.span.bytes
        var start = 0
        for end in ends {
            body(all.extracting(start..<end))
            start = end
        }
    }

    /// Empties the batch; its memory is kept.
    public func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        firstOpen = 0
    }

    /// All datagrams as arrays, oldest first; the batch is empty afterwards. For callers that keep them.
    public func takeAll() -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        datagrams.reserveCapacity(ends.count)
        var start = 0
        for end in ends {
            datagrams.append(copy(start..<end))
            start = end
        }
        removeAll()
        return datagrams
    }

    /// What was added since `beginFlight`, as arrays.
    func flight() -> [[UInt8]] {
        (firstOpen..<ends.count).map { copy(($0 > 0 ? ends[$0 - 1] : 0)..<ends[$0]) }
    }

    /// Not `Array(bytes[range])`: of all bytes, that is the batch's own storage with its spare room, which whoever
    /// keeps the array then keeps, and the batch has to make anew.
    private func copy(_ range: Range<Int>) -> [UInt8] {
        bytes.withUnsafeBufferPointer { Array(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// Whether exactly these bytes were added since `beginFlight`.
    func flightEquals(_ flight: [UInt8]) -> Bool {
        copy((firstOpen > 0 ? ends[firstOpen - 1] : 0)..<bytes.count) == flight
    }

    /// Takes back what was added since `beginFlight`.
    func discardFlight() {
        bytes.removeSubrange((firstOpen > 0 ? ends[firstOpen - 1] : 0)...)
        ends.removeSubrange(firstOpen...)
    }

    /// Adds a datagram.
    func append(_ datagram: [UInt8]) {
        datagram.withUnsafeBytes { append($0, limit: 0) }
    }

    /// From here on records are not put into datagrams that are already here.
    func beginFlight() {
        firstOpen = ends.count
    }

    /// Adds a record: to the datagram that this flight is filling if both fit into `limit` bytes (RFC 6347
    /// § 4.1.1: several records may travel in one datagram), else as a new datagram. A flight in one datagram is
    /// lost as often as one of its records would be otherwise.
    func append(_ record: UnsafeRawBufferPointer, limit: Int) {
        if ends.count > firstOpen, let end = ends.last {
            let start = ends.count > 1 ? ends[ends.count - 2] : 0
            if end - start + record.count <= limit {
                bytes.append(contentsOf: record)
                ends[ends.count - 1] = bytes.count
                return
            }
        }
        bytes.append(contentsOf: record)
        ends.append(bytes.count)
    }
}
