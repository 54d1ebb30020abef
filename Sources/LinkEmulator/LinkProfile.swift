/// The properties of one direction of a link. One that exists is valid: the initializer checks every value.
public struct LinkProfile: Equatable, Sendable {
    /// What a datagram takes on the link beside its payload: IPv4 and UDP headers.
    public static let headerBytes = 28
    /// 1 Tbit/s.
    public static let maximumRateBitsPerSecond: UInt64 = 1_000_000_000_000
    /// The longest delay and the longest jitter: one day.
    public static let maximumDelay: Duration = .seconds(86_400)
    /// 256 MiB, which stands for a queue without a limit.
    public static let maximumQueueBytes = 256 << 20
    /// 64 KiB, about sixty datagrams of a 1 KiB block each.
    public static let defaultQueueBytes = 64 << 10
    /// The largest IPv4 packet.
    public static let maximumMTUBytes = 65_535

    /// Bits per second; nil: no limit, a datagram takes no time and never waits.
    public let rateBitsPerSecond: UInt64?
    /// From the end of the transmission to the arrival.
    public let delay: Duration
    /// How much longer one datagram takes than another, which it may overtake so.
    public let jitter: Jitter
    /// Share of the datagrams that do not arrive, 0 … 1.
    public let loss: Double
    /// Mean number of datagrams lost in a row (Gilbert's model, the average loss stays); nil: each loss for itself.
    public let meanBurstLength: Double?
    /// Share of the datagrams that arrive twice, 0 … 1. The second copy takes link time as well.
    public let duplicate: Double
    /// Share of the datagrams that are held back so that later ones pass them, 0 … 1.
    public let reorder: Double
    /// Share of the datagrams that arrive with one byte changed, 0 … 1.
    public let corrupt: Double
    /// What may wait for the link, headers included; a datagram that does not fit any more is dropped.
    public let queueBytes: Int
    /// The largest packet, headers included; larger ones are dropped.
    public let mtuBytes: Int

    /// - Parameters:
    ///   - preset: Where rate and delay come from if they are not given.
    ///   - rateBitsPerSecond: 1 … ``maximumRateBitsPerSecond``; nil without a preset: no limit.
    ///   - delay: 0 … ``maximumDelay``; nil without a preset: 0.
    ///   - jitter: An amount of 0 … ``maximumDelay``.
    ///   - loss: 0 … 1.
    ///   - meanBurstLength: In datagrams, at least 1 and at least loss / (1 − loss).
    ///   - duplicate: 0 … 1.
    ///   - reorder: 0 … 1.
    ///   - corrupt: 0 … 1.
    ///   - queueBytes: 1 … ``maximumQueueBytes``.
    ///   - mtuBytes: ``headerBytes`` + 1 … 65 535.
    /// - Throws: The first property that is out of its range.
    public init(
        preset: LinkPreset? = nil,
        rateBitsPerSecond: UInt64? = nil,
        delay: Duration? = nil,
        jitter: Jitter = .none,
        loss: Double = 0,
        meanBurstLength: Double? = nil,
        duplicate: Double = 0,
        reorder: Double = 0,
        corrupt: Double = 0,
        queueBytes: Int = LinkProfile.defaultQueueBytes,
        mtuBytes: Int = LinkProfile.maximumMTUBytes
    ) throws(LinkProfileError) {
        let rate = rateBitsPerSecond ?? preset?.rateBitsPerSecond
        let delay = delay ?? preset?.delay ?? .zero
        if let rate {
            guard rate > 0 else { throw .zeroRate }
            guard rate <= Self.maximumRateBitsPerSecond else { throw .rateTooHigh(bitsPerSecond: rate) }
        }
        try Self.check(delay, .delay)
        try Self.check(jitter.amount, .jitter)
        if case .pareto(let shape) = jitter.distribution {
            guard shape > 1, shape <= 100 else { throw .shapeOutOfRange }
        }
        try Self.check(loss, .loss)
        try Self.check(duplicate, .duplicate)
        try Self.check(reorder, .reorder)
        try Self.check(corrupt, .corrupt)
        if let meanBurstLength {
            guard meanBurstLength.isFinite, meanBurstLength >= 1 else { throw .burstLengthOutOfRange }
            let minimum = loss / (1 - loss)
            // With room for rounding: 0.9 / (1 − 0.9) is a little more than 9.
            guard loss == 1 || meanBurstLength >= minimum * (1 - 1e-12) else { throw .burstTooShort(minimum: minimum) }
        }
        guard queueBytes > 0, queueBytes <= Self.maximumQueueBytes else { throw .queueOutOfRange(bytes: queueBytes) }
        guard mtuBytes > Self.headerBytes, mtuBytes <= Self.maximumMTUBytes else {
            throw .mtuOutOfRange(bytes: mtuBytes)
        }
        self.rateBitsPerSecond = rate
        self.delay = delay
        self.jitter = jitter
        self.loss = loss
        self.meanBurstLength = meanBurstLength
        self.duplicate = duplicate
        self.reorder = reorder
        self.corrupt = corrupt
        self.queueBytes = queueBytes
        self.mtuBytes = mtuBytes
    }

    private static func check(_ duration: Duration, _ field: LinkProfileField) throws(LinkProfileError) {
        guard duration >= .zero, duration <= maximumDelay else { throw .durationOutOfRange(field) }
    }

    private static func check(_ probability: Double, _ field: LinkProfileField) throws(LinkProfileError) {
        // A NaN fails both comparisons.
        guard probability >= 0, probability <= 1 else { throw .probabilityOutOfRange(field) }
    }
}
