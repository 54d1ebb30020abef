/// How far the window may exceed what just fills the path, since the number of answers and their delay vary: all the
/// way, until that proves to overfill a queue. Loss that comes with the queue takes it back.
struct LossAllowance {
    /// The whole of it.
    private static var full: Int64 { 4 }
    /// Requests without such loss after which a quarter comes back.
    private static var calmRequests: Int { 128 }
    /// Requests to go before the window may grow again, once nothing of the allowance was left to take.
    private static var pause: Int { 32 }

    /// What is left of it, in quarters.
    private(set) var quarters = LossAllowance.full
    private var requests = 0
    private var pausedRequests = 0

    var isPaused: Bool { pausedRequests > 0 }

    mutating func endPause() { pausedRequests = 0 }

    mutating func withdraw() {
        quarters = 0
        requests = 0
    }

    func of(_ window: Int64) -> Int64 { window * quarters / Self.full }

    /// A request ended.
    ///
    /// - Returns: whether loss is to be looked at.
    mutating func count() -> Bool {
        guard pausedRequests == 0 else {
            pausedRequests -= 1
            return false
        }
        requests += 1
        return true
    }

    /// - Returns: false if there was nothing left to take.
    mutating func shrink() -> Bool {
        requests = 0
        guard quarters > 0 else {
            pausedRequests = Self.pause
            return false
        }
        quarters /= 2
        return true
    }

    mutating func grow() {
        guard requests >= Self.calmRequests else { return }
        requests = 0
        quarters = min(Self.full, quarters + 1)
    }
}
