/// Why a set of link properties describes no link.
public enum LinkProfileError: Error, Equatable, Sendable {
    /// A link that carries nothing: leave the rate out for one without a limit.
    case zeroRate
    /// More than ``LinkProfile/maximumRateBitsPerSecond``.
    case rateTooHigh(bitsPerSecond: UInt64)
    /// Negative, or longer than ``LinkProfile/maximumDelay``.
    case durationOutOfRange(LinkProfileField)
    /// Of Pareto's distribution: not above 1 and at most 100. Up to 1 it has no mean.
    case shapeOutOfRange
    /// Not a number from 0 to 1.
    case probabilityOutOfRange(LinkProfileField)
    /// Not a finite number of at least 1.
    case burstLengthOutOfRange
    /// Gaps between bursts would have to be shorter than one datagram: at least `minimum` is needed for this loss.
    case burstTooShort(minimum: Double)
    /// Not within 1 … ``LinkProfile/maximumQueueBytes``.
    case queueOutOfRange(bytes: Int)
    /// Not within ``LinkProfile/headerBytes`` + 1 … 65 535.
    case mtuOutOfRange(bytes: Int)
}

/// The property that an error is about.
public enum LinkProfileField: String, Sendable {
    case delay
    case jitter
    case loss
    case duplicate
    case reorder
    case corrupt
}
