import Foundation

/// What a client needs that has one confirmable request in flight (RFC 7252 § 4.2: 2 to 3 s, doubled four times).
enum StopAndWaitModel {
    /// Goodput over the limit.
    static func shareOfLimit(scenario: Scenario) -> Double {
        let answer = Double(WireSizes.answerBytes(blockBytes: 1024) + WireSizes.headerBytes) * 8 / scenario.rate
        let request = Double(WireSizes.requestBytes + WireSizes.headerBytes) * 8 / scenario.rate
        let exchange = scenario.roundTripSeconds + answer + request
        let success = (1 - scenario.loss) * (1 - scenario.loss)
        let failure = 1 - success
        let timeout = 2.5
        var expected = 0.0
        for attempt in 0...4 {
            let waited = timeout * (pow(2, Double(attempt)) - 1)
            expected += pow(failure, Double(attempt)) * success * (waited + exchange)
        }
        // Given up after the fourth repetition: the application begins the block anew.
        expected += pow(failure, 5) * timeout * 31
        let perBlock = expected / (1 - pow(failure, 5))
        return answer / (1 - scenario.loss) / perBlock
    }
}
