/// The competitor: a sender with NewReno's window (RFC 9002 § 7), without end, over the same queue.
struct RenoFlow {
    private(set) var window = 4.0
    private var threshold = Double.infinity
    private(set) var inFlight: [UInt64: Duration] = [:]
    private var next: UInt64 = 0
    private var recoveryFrom: UInt64 = 0
    private var smoothed: Double?
    private var variation = 0.0
    private var largest: UInt64 = 0
    private(set) var delivered = 0
    private var lastEvent = Duration.zero

    var hasRoom: Bool { Double(inFlight.count) < window.rounded(.down) }

    mutating func send(now: Duration) -> UInt64 {
        next += 1
        inFlight[next] = now
        return next
    }

    var timeout: Double { smoothed.map { $0 + max(4 * variation, 0.2) } ?? 1 }

    var deadline: Duration? {
        guard let oldest = inFlight.values.min() else { return nil }
        return max(oldest, lastEvent) + .seconds(timeout)
    }

    mutating func acknowledged(_ number: UInt64, now: Duration) {
        lastEvent = now
        guard let sentAt = inFlight.removeValue(forKey: number) else { return }
        delivered += 1
        largest = max(largest, number)
        let sample = (now - sentAt).inSeconds
        if let old = smoothed {
            variation = 0.75 * variation + 0.25 * abs(old - sample)
            smoothed = 0.875 * old + 0.125 * sample
        } else {
            (smoothed, variation) = (sample, sample / 2)
        }
        if number > recoveryFrom { window += window < threshold ? 1 : 1 / window }
        let lost = inFlight.keys.filter { $0 + 3 <= largest }
        for number in lost { inFlight[number] = nil }
        if let newest = lost.max(), newest > recoveryFrom {
            recoveryFrom = next
            window = max(2, window / 2)
            threshold = window
        }
    }

    mutating func timedOut(now: Duration) {
        lastEvent = now
        inFlight = [:]
        threshold = max(2, window / 2)
        window = 1
        recoveryFrom = next
    }
}
