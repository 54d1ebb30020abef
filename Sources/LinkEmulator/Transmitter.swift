/// The queue in front of a link and the time its datagrams take, without the datagrams: what waits is known from the
/// time at which the transmitter will be free.
struct Transmitter: Sendable {
    /// When a transmission ends and how long it took, in nanoseconds.
    struct Transmission {
        var end: Int64
        var duration: Int64
    }

    /// nil: no limit.
    private let rate: Int64?
    /// What may wait, as bits · 10⁹ so that times need not be divided to compare.
    private let queueLimit: Int64
    private(set) var freeAt: Int64 = 0
    /// What the transmitter needs beyond `freeAt`, in 1/rate nanoseconds.
    private var remainder: Int64 = 0
    private var latest: Int64 = 0
    private var maximumBacklog: Int64 = 0
    private var busyNanoseconds: Int64 = 0

    init(rateBitsPerSecond: UInt64?, queueBytes: Int) {
        rate = rateBitsPerSecond.map { Int64(clamping: $0) }
        // At most 2^28 bytes · 8 · 10⁹ < 2^61: LinkProfile's bound.
        queueLimit = Int64(queueBytes) * 8 * 1_000_000_000
    }

    /// The most that waited, headers included.
    var queueMaximumBytes: Int { Int((maximumBacklog + 7_999_999_999) / 8_000_000_000) }

    var busy: Duration { .nanoseconds(busyNanoseconds) }

    /// Puts a datagram behind what waits; nil: it does not fit. One that finds nothing waiting always fits.
    mutating func transmit(byteCount: Int, now: Int64) -> Transmission? {
        latest = max(latest, now)
        guard let rate else {
            freeAt = latest
            return Transmission(end: latest, duration: 0)
        }
        if freeAt < latest {
            freeAt = latest
            remainder = 0
        }
        let cost = Self.cost(byteCount: byteCount)
        // Overflow: a backlog beyond any limit.
        let (waiting, overflow) = (freeAt - latest).multipliedReportingOverflow(by: rate)
        guard !overflow else { return nil }
        let backlog = waiting + remainder
        guard backlog == 0 || backlog <= queueLimit - cost else { return nil }
        maximumBacklog = max(maximumBacklog, backlog + cost)
        return occupy(cost: cost, rate: rate)
    }

    /// Sends a copy of the datagram that was accepted last; it needs no room in the queue.
    mutating func transmitCopy(byteCount: Int) -> Transmission {
        guard let rate else { return Transmission(end: freeAt, duration: 0) }
        let backlog = (freeAt - latest) * rate + remainder
        maximumBacklog = max(maximumBacklog, backlog + Self.cost(byteCount: byteCount))
        return occupy(cost: Self.cost(byteCount: byteCount), rate: rate)
    }

    private mutating func occupy(cost: Int64, rate: Int64) -> Transmission {
        let (quotient, rest) = cost.quotientAndRemainder(dividingBy: rate)
        freeAt += quotient
        remainder += rest
        if remainder >= rate {
            remainder -= rate
            freeAt += 1
        }
        busyNanoseconds += quotient
        return Transmission(end: remainder == 0 ? freeAt : freeAt + 1, duration: quotient)
    }

    /// Bits · 10⁹. At most 65 563 · 8 · 10⁹ < 2^49: the caller holds datagrams to an MTU below 65 536.
    private static func cost(byteCount: Int) -> Int64 {
        Int64(byteCount + LinkProfile.headerBytes) * 8 * 1_000_000_000
    }
}
