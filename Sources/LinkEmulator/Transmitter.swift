/// The queue in front of a link and the time its datagrams take, without the datagrams: what waits is known from the
/// time at which the transmitter will be free.
///
/// The rates are known for all time, so the end of a transmission is exact also when the rate changes meanwhile.
struct Transmitter: Sendable {
    /// When a transmission ends and how long it took, in nanoseconds.
    struct Transmission {
        var end: Int64
        var duration: Int64
    }

    /// A rate from a time on.
    private struct Segment: Sendable {
        var from: Int64
        /// Where the next one begins.
        var to: Int64
        /// Bits per second; nil: no limit.
        var rate: Int64?
    }

    private let segments: [Segment]
    /// The segment in which `freeAt` lies.
    private var current = 0
    private(set) var freeAt: Int64 = 0
    /// What the transmitter needs beyond `freeAt`, in 1/rate nanoseconds.
    private var remainder: Int64 = 0
    private var latest: Int64 = 0
    private var maximumBacklog: Int64 = 0
    private var busyNanoseconds: Int64 = 0

    /// - Parameter rates: In order; the first holds for all times before the second.
    init(rates: [(from: Int64, rate: UInt64?)]) {
        segments = rates.indices.map { index in
            Segment(
                from: index == 0 ? .min : rates[index].from,
                to: index + 1 < rates.count ? rates[index + 1].from : .max,
                rate: rates[index].rate.map { Int64(clamping: $0) }
            )
        }
        skipSegments()
    }

    /// The most that waited, headers included.
    var queueMaximumBytes: Int { Int((maximumBacklog + 7_999_999_999) / 8_000_000_000) }

    var busy: Duration { .nanoseconds(busyNanoseconds) }

    /// Puts a datagram behind what waits; nil: it does not fit. One that finds nothing waiting always fits.
    mutating func transmit(byteCount: Int, queueBytes: Int, now: Int64) -> Transmission? {
        latest = max(latest, now)
        if freeAt < latest {
            freeAt = latest
            remainder = 0
            skipSegments()
        }
        let cost = Self.cost(byteCount: byteCount)
        // nil: a backlog beyond any limit.
        guard let backlog else { return nil }
        // At most 2^28 bytes · 8 · 10⁹ < 2^61: LinkProfile's bound.
        guard backlog == 0 || backlog <= Int64(queueBytes) * 8 * 1_000_000_000 - cost else { return nil }
        // Without a rate nothing waits.
        if segments[current].rate != nil { maximumBacklog = max(maximumBacklog, backlog + cost) }
        return occupy(cost: cost)
    }

    /// Sends a copy of the datagram that was accepted last; it needs no room in the queue.
    mutating func transmitCopy(byteCount: Int) -> Transmission {
        let cost = Self.cost(byteCount: byteCount)
        if segments[current].rate != nil, let backlog { maximumBacklog = max(maximumBacklog, backlog + cost) }
        return occupy(cost: cost)
    }

    /// What waits at `latest`, in bits · 10⁹; nil: more than a number can say.
    private var backlog: Int64? {
        var sum = remainder
        var index = current
        var end = freeAt
        while end > latest {
            let segment = segments[index]
            let start = max(latest, segment.from)
            // Nothing waits for a rate without a limit.
            let (bits, overflow) = (end - start).multipliedReportingOverflow(by: segment.rate ?? 0)
            let (next, overflowed) = sum.addingReportingOverflow(bits)
            guard !overflow, !overflowed else { return nil }
            sum = next
            end = start
            index -= 1
        }
        return sum
    }

    private mutating func occupy(cost: Int64) -> Transmission {
        var cost = cost
        var duration: Int64 = 0
        while let rate = segments[current].rate {
            let (quotient, rest) = cost.quotientAndRemainder(dividingBy: rate)
            let left = segments[current].to.subtractingReportingOverflow(freeAt)
            if left.overflow || quotient + 1 < left.partialValue {
                freeAt += quotient
                remainder += rest
                if remainder >= rate {
                    remainder -= rate
                    freeAt += 1
                }
                duration += quotient
                break
            }
            // The rest at the next rate.
            cost -= left.partialValue * rate - remainder
            duration += left.partialValue
            freeAt = segments[current].to
            remainder = 0
            current += 1
            cost = max(0, cost)
        }
        busyNanoseconds += duration
        return Transmission(end: remainder == 0 ? freeAt : freeAt + 1, duration: duration)
    }

    private mutating func skipSegments() {
        while segments[current].to <= freeAt { current += 1 }
    }

    /// Bits · 10⁹. At most 65 563 · 8 · 10⁹ < 2^49: the caller holds datagrams to an MTU below 65 536.
    private static func cost(byteCount: Int) -> Int64 {
        Int64(byteCount + LinkProfile.headerBytes) * 8 * 1_000_000_000
    }
}
