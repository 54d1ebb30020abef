/// A link for tests: rate, delay, loss, jitter and blackouts, nothing more. One value is one direction.
struct TransferLink {
    var bitsPerSecond: Double = 250_000
    var delay: Duration = .milliseconds(50)
    var jitter: Duration = .zero
    var loss = 0.0
    var queueBytes = 64 << 10
    private var random: TransferTestRandom
    private var freeAt = 0.0

    init(seed: UInt64) { random = TransferTestRandom(seed: seed) }

    /// When a datagram sent now arrives; nil: never.
    mutating func arrival(byteCount: Int, now: Duration) -> Duration? { sent(byteCount: byteCount, now: now) ?? nil }

    /// When a datagram sent now arrives; nil inside: it is lost; nil: the queue is full.
    mutating func sent(byteCount: Int, now: Duration) -> Duration?? {
        let time = now.transferSeconds
        let backlog = max(0, freeAt - time)
        guard backlog * bitsPerSecond / 8 + Double(byteCount) <= Double(queueBytes) || backlog == 0 else { return nil }
        freeAt = max(freeAt, time) + Double(byteCount) * 8 / bitsPerSecond
        let isLost = random.unit() < loss
        let late = random.unit() * jitter.transferSeconds
        return .some(isLost ? nil : .seconds(freeAt + late) + delay)
    }
}

struct TransferTestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var value = state
        value ^= value >> 33
        value = value &* 0xFF51_AFD7_ED55_8CCD
        return value ^ value >> 33
    }

    /// 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }
}

extension Duration {
    var transferSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
