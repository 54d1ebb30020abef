/// What waits in front of the link over time, from the times at which it changes.
struct QueueMeter {
    private var area = 0.0
    private var from: Double?
    private var last = 0.0
    private var backlog = 0.0
    private(set) var peakSeconds = 0.0

    /// - Parameters:
    ///   - after: seconds until the link is free, after the change.
    ///   - now: seconds.
    mutating func note(backlog after: Double, now: Double) {
        advance(to: now)
        if from == nil { from = now }
        backlog = after
        peakSeconds = max(peakSeconds, after)
    }

    mutating func advance(to now: Double) {
        let elapsed = max(0, now - last)
        let rest = max(0, backlog - elapsed)
        // Falls with slope 1 to 0.
        area += (backlog * backlog - rest * rest) / 2
        backlog = rest
        last = now
    }

    /// Forgets what was, keeps what waits.
    mutating func restart(now: Double) {
        advance(to: now)
        area = 0
        from = now
        peakSeconds = backlog
    }

    func meanSeconds() -> Double {
        guard let from, last > from else { return 0 }
        return area / (last - from)
    }
}
