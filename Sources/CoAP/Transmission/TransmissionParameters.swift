/// The transmission parameters of RFC 7252 § 4.8 and the times derived from them (§ 4.8.2).
///
/// The random factor is held in thousandths, so that devices need no floating point.
public struct TransmissionParameters: Equatable, Sendable {
    /// ACK_TIMEOUT: least time before the first retransmission.
    public let ackTimeout: Duration
    /// ACK_RANDOM_FACTOR in thousandths, at least 1000.
    public let ackRandomFactorPermille: UInt16
    /// MAX_RETRANSMIT: retransmissions of a confirmable message, 0…20.
    public let maxRetransmit: UInt8
    /// NSTART: interactions that may be outstanding with one endpoint (§ 4.7).
    public let nstart: UInt8
    /// DEFAULT_LEISURE: how long answers to multicast requests are spread (§ 8.2).
    public let defaultLeisure: Duration
    /// PROBING_RATE in bytes per second, 1…2^31 − 1: average rate towards an endpoint that does not answer (§ 4.7).
    public let probingRateBytesPerSecond: UInt32
    /// MAX_LATENCY: longest time that a datagram is expected to be on its way (§ 4.8.2).
    public let maxLatency: Duration

    /// Takes parameters; those out of range are moved to the nearest that RFC 7252 § 4.8.1 allows.
    ///
    /// - Parameters:
    ///   - ackTimeout: ACK_TIMEOUT, at least 1 ms, at most a day.
    ///   - ackRandomFactorPermille: ACK_RANDOM_FACTOR in thousandths, at least 1000.
    ///   - maxRetransmit: MAX_RETRANSMIT, at most 20.
    ///   - nstart: NSTART, at least 1.
    ///   - defaultLeisure: DEFAULT_LEISURE.
    ///   - probingRateBytesPerSecond: PROBING_RATE, 1…2^31 − 1.
    ///   - maxLatency: MAX_LATENCY.
    public init(
        ackTimeout: Duration = .seconds(2),
        ackRandomFactorPermille: UInt16 = 1500,
        maxRetransmit: UInt8 = 4,
        nstart: UInt8 = 1,
        defaultLeisure: Duration = .seconds(5),
        probingRateBytesPerSecond: UInt32 = 1,
        maxLatency: Duration = .seconds(100)
    ) {
        self.ackTimeout = min(max(ackTimeout, .milliseconds(1)), .seconds(86_400))
        self.ackRandomFactorPermille = max(ackRandomFactorPermille, 1000)
        self.maxRetransmit = min(maxRetransmit, 20)
        self.nstart = max(nstart, 1)
        self.defaultLeisure = max(defaultLeisure, .zero)
        // What fits `Int` on 32-bit targets, too.
        self.probingRateBytesPerSecond = min(max(probingRateBytesPerSecond, 1), UInt32(Int32.max))
        self.maxLatency = max(maxLatency, .zero)
    }

    /// The defaults of RFC 7252 table 2.
    public static var `default`: TransmissionParameters { TransmissionParameters() }
}

extension TransmissionParameters {
    /// MAX_TRANSMIT_SPAN: from the first transmission of a confirmable message to its last; 45 s by default.
    public var maxTransmitSpan: Duration { randomized(ackTimeout * ((1 << Int(maxRetransmit)) - 1)) }

    /// MAX_TRANSMIT_WAIT: from the first transmission to giving up; 93 s by default.
    public var maxTransmitWait: Duration { randomized(ackTimeout * ((1 << (Int(maxRetransmit) + 1)) - 1)) }

    /// PROCESSING_DELAY: from the arrival of a confirmable message to its acknowledgement; ACK_TIMEOUT.
    public var processingDelay: Duration { ackTimeout }

    /// MAX_RTT: longest round trip; 202 s by default.
    public var maxRTT: Duration { maxLatency * 2 + processingDelay }

    /// EXCHANGE_LIFETIME: how long the message ID of a confirmable message is in use; 247 s by default.
    public var exchangeLifetime: Duration { maxTransmitSpan + maxRTT }

    /// NON_LIFETIME: how long the message ID of a non-confirmable message is in use; 145 s by default.
    public var nonLifetime: Duration { maxTransmitSpan + maxLatency }

    /// The longest first timeout, ACK_TIMEOUT · ACK_RANDOM_FACTOR.
    public var maximumInitialTimeout: Duration { randomized(ackTimeout) }

    /// The timeout before retransmission `attempt` (0 is before the first), after a given first timeout (§ 4.2).
    ///
    /// - Returns: the doubled timeout, or nil if `attempt` exceeds MAX_RETRANSMIT: then the wait of the last attempt
    ///   is over and the message has failed.
    public func timeout(attempt: Int, initialTimeout: Duration) -> Duration? {
        guard attempt >= 0, attempt <= Int(maxRetransmit) else { return nil }
        return initialTimeout * (1 << attempt)
    }

    /// A first timeout between ACK_TIMEOUT and ACK_TIMEOUT · ACK_RANDOM_FACTOR (§ 4.2).
    ///
    /// - Parameter random: 32 uniformly distributed bits.
    /// - Returns: the timeout before the first retransmission.
    public func initialTimeout(random: UInt32) -> Duration {
        let spread = Int64(ackRandomFactorPermille - 1000)
        // Thousandths of thousandths: below 2^26 · 2^16, no overflow.
        let share = (Int64(random >> 12) * spread) / Int64(1 << 20)
        return ackTimeout + ackTimeout * Int(share) / 1000
    }

    /// The pause that PROBING_RATE asks for after sending `byteCount` bytes to an endpoint that does not answer (§
    /// 4.7).
    public func probingInterval(byteCount: UInt32) -> Duration {
        .seconds(Int64(byteCount)) / Int(probingRateBytesPerSecond)
    }

    private func randomized(_ duration: Duration) -> Duration {
        duration * Int(ackRandomFactorPermille) / 1000
    }
}
