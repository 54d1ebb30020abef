/// When the next request may go out. Times are microseconds.
struct Pacer {
    /// Requests of credit in the middle of a transfer, so that a late timer does not cost rate.
    private static var credit: Microseconds { 2 }
    /// Requests that go out at once at the start: the initial window that RFC 6928 allows on any path.
    static var burst: Int64 { 10 }

    private var nextSendAt: Microseconds = 0
    private var lastSentAt: Microseconds = 0
    /// Between the requests of a first window that is longer than one burst; 0: there is no such.
    private var startInterval: Microseconds = 0

    mutating func restart(now: Microseconds, startInterval: Microseconds) {
        nextSendAt = now
        self.startInterval = startInterval
    }

    /// When a request may go out. `interval` is the time between two where less than one may be in flight; 0 otherwise.
    func sendTime(now: Microseconds, aloneFor interval: Microseconds) -> Microseconds {
        max(now, interval > 0 ? lastSentAt + interval : nextSendAt)
    }

    /// Nothing is known of the path but what block 0 said.
    mutating func sentAtStart(now: Microseconds) {
        nextSendAt = max(nextSendAt, now - Self.burst * startInterval) + startInterval
    }

    mutating func sent(now: Microseconds, interval: Microseconds) {
        nextSendAt = max(nextSendAt, now - Self.credit * interval) + interval
    }

    /// One request where less than one may be in flight.
    mutating func sentAlone(now: Microseconds) {
        nextSendAt = now
        lastSentAt = now
    }
}
