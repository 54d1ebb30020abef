/// What happened in one direction so far. Bytes are UDP payload unless they say otherwise.
public struct LinkStatistics: Equatable, Sendable {
    /// Datagrams handed to the link.
    public internal(set) var datagrams: UInt64 = 0
    /// Their bytes.
    public internal(set) var bytes: UInt64 = 0
    /// Arrivals, second copies included.
    public internal(set) var delivered: UInt64 = 0
    /// Their bytes.
    public internal(set) var deliveredBytes: UInt64 = 0
    /// Dropped on the link.
    public internal(set) var lost: UInt64 = 0
    /// Runs of datagrams lost one after the other.
    public internal(set) var lossBursts: UInt64 = 0
    /// Dropped because the queue was full.
    public internal(set) var queueDropped: UInt64 = 0
    /// Dropped because larger than the MTU.
    public internal(set) var tooLarge: UInt64 = 0
    /// Datagrams that arrive twice.
    public internal(set) var duplicated: UInt64 = 0
    /// Datagrams held back by the link's reordering.
    public internal(set) var reordered: UInt64 = 0
    /// Datagrams that arrive before one sent earlier, for whatever reason.
    public internal(set) var overtaking: UInt64 = 0
    /// Datagrams that arrive with a changed byte.
    public internal(set) var corrupted: UInt64 = 0
    /// The most that waited at a time, headers included.
    public internal(set) var queueMaximumBytes: Int = 0
    /// How long the link was transmitting.
    public internal(set) var busy: Duration = .zero

    /// Nothing happened yet.
    public init() {}
}
