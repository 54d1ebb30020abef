/// What becomes of one datagram.
public enum Fate: Equatable, Sendable {
    /// It does not arrive.
    case dropped(DropCause)
    /// It arrives once.
    case delivered(Delivery)
    /// It arrives twice; the second is never before the first unless jitter makes it so.
    case duplicated(Delivery, Delivery)
}

/// Why a datagram does not arrive.
public enum DropCause: Equatable, Sendable {
    /// Lost on the link, after it took its time there.
    case lost
    /// It found the queue full. It took no link time.
    case queueFull
    /// Larger than the MTU. It took no link time.
    case tooLarge
}

/// An arrival.
public struct Delivery: Equatable, Sendable {
    /// When, on the clock of the `now` that was passed in.
    public var time: Duration
    /// What was changed on the way.
    public var corruption: Corruption?

    /// An arrival at a time.
    public init(time: Duration, corruption: Corruption? = nil) {
        self.time = time
        self.corruption = corruption
    }
}

/// A changed byte.
public struct Corruption: Equatable, Sendable {
    /// Below the datagram's byte count.
    public var byteIndex: Int
    /// Never 0.
    public var mask: UInt8

    /// A change of one byte.
    public init(byteIndex: Int, mask: UInt8) {
        self.byteIndex = byteIndex
        self.mask = mask
    }

    /// Changes the byte; does nothing if `bytes` is shorter.
    public func apply(to bytes: inout [UInt8]) {
        guard bytes.indices.contains(byteIndex) else { return }
        bytes[byteIndex] ^= mask
    }
}
