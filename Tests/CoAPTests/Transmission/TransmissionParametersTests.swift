import CoAP
import SeededRandom
import Testing

@Suite("Transmission parameters", .timeLimit(.minutes(15)))
struct TransmissionParametersTests {
    /// RFC 7252 table 3.
    @Test func derivedTimesOfTheDefaults() {
        let parameters = TransmissionParameters.default
        #expect(parameters.maxTransmitSpan == .seconds(45))
        #expect(parameters.maxTransmitWait == .seconds(93))
        #expect(parameters.processingDelay == .seconds(2))
        #expect(parameters.maxRTT == .seconds(202))
        #expect(parameters.exchangeLifetime == .seconds(247))
        #expect(parameters.nonLifetime == .seconds(145))
        #expect(parameters.maximumInitialTimeout == .seconds(3))
        #expect(parameters.nstart == 1)
        #expect(parameters.defaultLeisure == .seconds(5))
    }

    @Test func derivedTimesFollowTheParameters() {
        let parameters = TransmissionParameters(
            ackTimeout: .milliseconds(500),
            ackRandomFactorPermille: 1100,
            maxRetransmit: 2,
            maxLatency: .seconds(10)
        )
        #expect(parameters.maxTransmitSpan == .milliseconds(1650))
        #expect(parameters.maxTransmitWait == .milliseconds(3850))
        #expect(parameters.maxRTT == .milliseconds(20_500))
        #expect(parameters.exchangeLifetime == .milliseconds(22_150))
        #expect(parameters.nonLifetime == .milliseconds(11_650))
    }

    @Test func nothingOverflows() {
        let parameters = TransmissionParameters(
            ackTimeout: .seconds(1 << 60),
            ackRandomFactorPermille: .max,
            maxRetransmit: .max,
            nstart: 0,
            defaultLeisure: .seconds(-1),
            probingRateBytesPerSecond: 0,
            maxLatency: .seconds(-1)
        )
        #expect(parameters.ackTimeout == .seconds(86_400))
        #expect(parameters.maxRetransmit == 20)
        #expect(parameters.nstart == 1)
        #expect(parameters.defaultLeisure == .zero && parameters.maxLatency == .zero)
        #expect(parameters.probingRateBytesPerSecond == 1)
        #expect(parameters.exchangeLifetime > parameters.maxTransmitSpan)
        #expect(
            TransmissionParameters(ackTimeout: .zero, ackRandomFactorPermille: 1).maximumInitialTimeout
                == .milliseconds(1)
        )
    }

    @Test func firstTimeoutIsWithinTheRandomFactor() {
        let parameters = TransmissionParameters.default
        #expect(parameters.initialTimeout(random: 0) == .seconds(2))
        #expect(parameters.initialTimeout(random: .max) > .milliseconds(2990))
        var random = SplitMix64(seed: TestEnvironment.seed)
        for _ in 0..<1000 {
            let timeout = parameters.initialTimeout(random: UInt32(truncatingIfNeeded: random.next()))
            #expect(timeout >= .seconds(2) && timeout <= .seconds(3))
        }
    }

    @Test func timeoutsDoubleUntilTheLast() {
        let parameters = TransmissionParameters.default
        let timeouts = (0...5).map { parameters.timeout(attempt: $0, initialTimeout: .seconds(3)) }
        #expect(timeouts == [.seconds(3), .seconds(6), .seconds(12), .seconds(24), .seconds(48), nil])
        #expect(parameters.timeout(attempt: -1, initialTimeout: .seconds(3)) == nil)
        #expect(timeouts.compactMap { $0 }.reduce(.zero, +) == parameters.maxTransmitWait)
    }

    @Test func probingRateSpacesDatagrams() {
        #expect(TransmissionParameters(probingRateBytesPerSecond: .max).probingRateBytesPerSecond == 0x7FFF_FFFF)
        #expect(TransmissionParameters.default.probingInterval(byteCount: 40) == .seconds(40))
        let faster = TransmissionParameters(probingRateBytesPerSecond: 100)
        #expect(faster.probingInterval(byteCount: 40) == .milliseconds(400))
    }
}
