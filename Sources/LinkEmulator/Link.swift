/// One direction of a link: a queue, a transmitter with a rate, and a way on which datagrams are delayed, lost,
/// duplicated, held back and changed.
///
/// It holds no datagrams and no clock. Each datagram is announced with ``send(byteCount:now:)``, which returns at once
/// what becomes of it; the caller delivers. The same seed and the same datagrams at the same times have the same fates,
/// and no property shifts the random numbers of another: with jitter added, the same datagrams are lost.
///
/// A datagram of n bytes takes (n + 28) · 8 / rate seconds, also when it is lost. Time is kept in whole nanoseconds and
/// the fraction of one, so that the rate is exact over any number of datagrams.
public struct Link: Sendable {
    /// What the link is like, and when.
    public let schedule: LinkSchedule

    private let random: FateRandom
    private let phases: [LinkPhase]
    /// The phase of the latest datagram.
    private var current = 0
    private var transmitter: Transmitter
    private var isInLossBurst = false
    private var latestArrival: Int64 = .min
    private var counters = LinkStatistics()

    /// - Parameters:
    ///   - schedule: The link's properties over time.
    ///   - seed: Where every random decision comes from.
    public init(schedule: LinkSchedule, seed: UInt64) {
        self.schedule = schedule
        random = FateRandom(seed: seed)
        phases = LinkPhase.all(schedule)
        transmitter = Transmitter(rates: phases.map { ($0.from, $0.profile.rateBitsPerSecond) })
    }

    /// A link whose properties stay.
    public init(profile: LinkProfile, seed: UInt64) {
        self.init(schedule: LinkSchedule(profile), seed: seed)
    }

    /// What happened so far.
    public var statistics: LinkStatistics {
        var statistics = counters
        statistics.queueMaximumBytes = transmitter.queueMaximumBytes
        statistics.busy = transmitter.busy
        return statistics
    }

    /// When the transmitter has nothing more to send, if nothing is added.
    public var idleFrom: Duration { .nanoseconds(transmitter.freeAt) }

    /// Decides the fate of the next datagram.
    ///
    /// - Parameters:
    ///   - byteCount: UDP payload.
    ///   - now: Not before that of an earlier call; an earlier time counts as the latest one seen.
    /// - Returns: Whether, when and how it arrives.
    public mutating func send(byteCount: Int, now: Duration) -> Fate {
        let index = counters.datagrams
        let byteCount = max(0, byteCount)
        let time = now.wholeNanoseconds
        while current + 1 < phases.count, phases[current + 1].from <= time { current += 1 }
        let phase = phases[current]
        counters.datagrams &+= 1
        counters.bytes &+= UInt64(byteCount)
        // Before anything that depends on time or size: the n-th datagram is lost or not, whatever the queue does.
        let isLost = phase.loss.loses(random.draw(.loss, datagram: index), first: index == 0, inBurst: isInLossBurst)
        let startsBurst = isLost && !isInLossBurst
        isInLossBurst = isLost

        guard byteCount <= phase.profile.mtuBytes - LinkProfile.headerBytes else {
            counters.tooLarge &+= 1
            return .dropped(.tooLarge)
        }
        let queueBytes = phase.profile.queueBytes
        guard let sent = transmitter.transmit(byteCount: byteCount, queueBytes: queueBytes, now: time) else {
            counters.queueDropped &+= 1
            return .dropped(.queueFull)
        }
        if isLost {
            counters.lost &+= 1
            counters.lossBursts &+= startsBurst ? 1 : 0
            return .dropped(.lost)
        }
        let corruption = corruption(phase, index: index, byteCount: byteCount)
        let holdBack = holdBack(phase, index: index, transmission: sent.duration)
        let first = arrival(phase, of: sent.end + holdBack, .jitter, index: index)
        counters.overtaking &+= first < latestArrival ? 1 : 0
        latestArrival = max(latestArrival, first)
        let delivery = Delivery(time: .nanoseconds(first), corruption: corruption)
        count(byteCount)

        guard !phase.duplicate.isZero, phase.duplicate.happens(random.draw(.duplicate, datagram: index)) else {
            return .delivered(delivery)
        }
        counters.duplicated &+= 1
        count(byteCount)
        let copy = transmitter.transmitCopy(byteCount: byteCount)
        let second = arrival(phase, of: copy.end + holdBack, .duplicateJitter, index: index)
        latestArrival = max(latestArrival, second)
        return .duplicated(delivery, Delivery(time: .nanoseconds(second), corruption: corruption))
    }

    private mutating func count(_ byteCount: Int) {
        counters.delivered &+= 1
        counters.deliveredBytes &+= UInt64(byteCount)
    }

    private func arrival(
        _ phase: LinkPhase,
        of end: Int64,
        _ question: FateRandom.Question,
        index: UInt64
    ) -> Int64 {
        let jitter = phase.profile.jitter
        let time = end + phase.delayNanoseconds
        guard jitter.amount > .zero else { return time }
        let arrival = time + jitter.nanoseconds(random.draw(question, datagram: index))
        return jitter.keepsOrder ? max(arrival, latestArrival) : arrival
    }

    /// Long enough for two datagrams of the same size, sent right behind, to pass it; at most one more delay.
    private mutating func holdBack(_ phase: LinkPhase, index: UInt64, transmission: Int64) -> Int64 {
        guard !phase.reorder.isZero, phase.reorder.happens(random.draw(.reorder, datagram: index)) else { return 0 }
        counters.reordered &+= 1
        let atLeast = 1_000_000 + 2 * transmission + phase.jitterNanoseconds
        return atLeast + random.draw(.holdBack, datagram: index, upTo: phase.delayNanoseconds)
    }

    private mutating func corruption(_ phase: LinkPhase, index: UInt64, byteCount: Int) -> Corruption? {
        guard byteCount > 0, !phase.corrupt.isZero, phase.corrupt.happens(random.draw(.corrupt, datagram: index))
        else { return nil }
        counters.corrupted &+= 1
        return Corruption(
            byteIndex: Int(random.draw(.corruptedByte, datagram: index, upTo: Int64(byteCount - 1))),
            mask: UInt8(truncatingIfNeeded: 1 + random.draw(.corruptionMask, datagram: index, upTo: 254))
        )
    }
}
