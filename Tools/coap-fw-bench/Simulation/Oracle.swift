import LinkEmulator

/// What no client can do better on a link: a sender that knows the rate, and of each datagram at once whether it will
/// be lost. It only waits for block 0, without which it would not know what to ask for.
///
/// The queue in front of the link never runs empty, and has no end; what is lost is asked for again at once. So
/// what is above the limit are block 0, the way of the first request and of the last answer, jitter included.
struct Oracle {
    private let scenario: Scenario
    private var up: Link
    private var down: Link
    /// Arrivals of requests at the server.
    private var requests = DeliveryQueue<Int>()
    private var finishedAt = Duration.zero

    /// - Returns: the share of the limit.
    static func share(of scenario: Scenario, seed: UInt64) throws -> Double {
        var oracle = try Oracle(scenario, seed: seed)
        return scenario.limitSeconds / oracle.run().inSeconds
    }

    private init(_ scenario: Scenario, seed: UInt64) throws {
        var scenario = scenario
        // Jitter in order lets many requests arrive at once; that must not cost the oracle anything.
        scenario.queueBytes = LinkProfile.maximumQueueBytes
        self.scenario = scenario
        up = Link(schedule: try scenario.upward(), seed: seed &* 2)
        down = Link(schedule: try scenario.downward(), seed: seed &* 2 &+ 1)
    }

    private mutating func run() -> Duration {
        ask(for: 0, now: .zero)
        answerAll()
        let blockTime = Duration.seconds(scenario.blockSeconds)
        // So many that jitter does not let the queue run empty.
        let ahead = Int(2 * scenario.meanJitterSeconds / scenario.blockSeconds) + 8
        let begin = finishedAt
        let count = (scenario.imageBytes + 1023) / 1024
        for block in 1..<max(count, 2) {
            let now = begin + blockTime * max(0, block - ahead)
            while let next = requests.nextTime, next <= now { answerNext() }
            ask(for: block, now: now)
        }
        answerAll()
        return finishedAt
    }

    private mutating func ask(for block: Int, now: Duration) {
        while true {
            if case .delivered(let delivery) = up.send(byteCount: WireSizes.requestBytes, now: now) {
                return requests.add(block, at: delivery.time)
            }
        }
    }

    private mutating func answerAll() {
        while requests.nextTime != nil { answerNext() }
    }

    private mutating func answerNext() {
        guard let now = requests.nextTime, let block = requests.next(by: now) else { return }
        let bytes = WireSizes.answerBytes(blockBytes: min(1024, scenario.imageBytes - block << 10))
        while true {
            if case .delivered(let delivery) = down.send(byteCount: bytes, now: now) {
                finishedAt = max(finishedAt, delivery.time)
                return
            }
        }
    }
}
