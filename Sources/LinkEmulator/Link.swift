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
    public let profile: LinkProfile

    private let random: FateRandom
    private let loss: LossModel
    private let duplicate: Chance
    private let reorder: Chance
    private let corrupt: Chance
    private let delayNanoseconds: Int64
    private let jitterNanoseconds: Int64
    private var transmitter: Transmitter
    private var isInLossBurst = false
    private var latestArrival: Int64 = .min
    private var counters = LinkStatistics()

    /// - Parameters:
    ///   - profile: The link's properties.
    ///   - seed: Where every random decision comes from.
    public init(profile: LinkProfile, seed: UInt64) {
        self.profile = profile
        random = FateRandom(seed: seed)
        loss = LossModel(loss: profile.loss, meanBurstLength: profile.meanBurstLength)
        duplicate = Chance(profile.duplicate)
        reorder = Chance(profile.reorder)
        corrupt = Chance(profile.corrupt)
        delayNanoseconds = profile.delay.wholeNanoseconds
        jitterNanoseconds = profile.jitter.wholeNanoseconds
        transmitter = Transmitter(rateBitsPerSecond: profile.rateBitsPerSecond, queueBytes: profile.queueBytes)
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
        counters.datagrams &+= 1
        counters.bytes &+= UInt64(byteCount)
        // Before anything that depends on time or size: the n-th datagram is lost or not, whatever the queue does.
        let isLost = loss.loses(random.draw(.loss, datagram: index), first: index == 0, inBurst: isInLossBurst)
        let startsBurst = isLost && !isInLossBurst
        isInLossBurst = isLost

        guard byteCount <= profile.mtuBytes - LinkProfile.headerBytes else {
            counters.tooLarge &+= 1
            return .dropped(.tooLarge)
        }
        guard let sent = transmitter.transmit(byteCount: byteCount, now: now.wholeNanoseconds) else {
            counters.queueDropped &+= 1
            return .dropped(.queueFull)
        }
        if isLost {
            counters.lost &+= 1
            counters.lossBursts &+= startsBurst ? 1 : 0
            return .dropped(.lost)
        }
        let corruption = corruption(index: index, byteCount: byteCount)
        let holdBack = holdBack(index: index, transmission: sent.duration)
        let first = arrival(of: sent.end, .jitter, index: index) + holdBack
        counters.overtaking &+= first < latestArrival ? 1 : 0
        latestArrival = max(latestArrival, first)
        let delivery = Delivery(time: .nanoseconds(first), corruption: corruption)
        count(byteCount)

        guard !duplicate.isZero, duplicate.happens(random.draw(.duplicate, datagram: index)) else {
            return .delivered(delivery)
        }
        counters.duplicated &+= 1
        count(byteCount)
        let copy = transmitter.transmitCopy(byteCount: byteCount)
        let second = arrival(of: copy.end, .duplicateJitter, index: index) + holdBack
        latestArrival = max(latestArrival, second)
        return .duplicated(delivery, Delivery(time: .nanoseconds(second), corruption: corruption))
    }

    private mutating func count(_ byteCount: Int) {
        counters.delivered &+= 1
        counters.deliveredBytes &+= UInt64(byteCount)
    }

    private func arrival(of end: Int64, _ question: FateRandom.Question, index: UInt64) -> Int64 {
        let time = end + delayNanoseconds
        guard jitterNanoseconds > 0 else { return time }
        return time + random.draw(question, datagram: index, upTo: jitterNanoseconds)
    }

    /// Long enough for two datagrams of the same size, sent right behind, to pass it; at most one more delay.
    private mutating func holdBack(index: UInt64, transmission: Int64) -> Int64 {
        guard !reorder.isZero, reorder.happens(random.draw(.reorder, datagram: index)) else { return 0 }
        counters.reordered &+= 1
        let atLeast = 1_000_000 + 2 * transmission + jitterNanoseconds
        return atLeast + random.draw(.holdBack, datagram: index, upTo: delayNanoseconds)
    }

    private mutating func corruption(index: UInt64, byteCount: Int) -> Corruption? {
        guard byteCount > 0, !corrupt.isZero, corrupt.happens(random.draw(.corrupt, datagram: index)) else {
            return nil
        }
        counters.corrupted &+= 1
        return Corruption(
            byteIndex: Int(random.draw(.corruptedByte, datagram: index, upTo: Int64(byteCount - 1))),
            mask: UInt8(truncatingIfNeeded: 1 + random.draw(.corruptionMask, datagram: index, upTo: 254))
        )
    }
}
