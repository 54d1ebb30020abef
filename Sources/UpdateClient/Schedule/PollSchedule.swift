import SeededRandom

/// When a device asks its server again.
///
/// After an answer it waits for the interval, a tenth more or less, so that devices that were started together do not
/// come together for long. After a failure it comes back sooner, and waits twice as long each time, up to the interval,
/// half as much more or less: a server that was down is not met by all of its devices at once.
public struct PollSchedule: Equatable, Sendable {
    /// What an attempt came to.
    public enum Attempt: Sendable {
        /// The server answered, and there is nothing more to do before the next release.
        case done
        /// Not finished; some blocks are in flash that were not there before.
        case interrupted
        /// Nothing came of it.
        case failed
    }

    /// Between two answers.
    public let interval: Duration
    /// Before the first attempt after a failure.
    public let firstRetry: Duration
    private var failures = 0

    /// - Parameters:
    ///   - interval: between two answers.
    ///   - firstRetry: before the first attempt after a failure; never longer than the interval.
    public init(interval: Duration, firstRetry: Duration = .seconds(30)) {
        self.interval = interval
        self.firstRetry = min(firstRetry, interval)
    }

    /// Counts an attempt.
    ///
    /// - Parameters:
    ///   - attempt: what it came to.
    ///   - random: of this device, unlike those of others.
    /// - Returns: how long to wait before the next one.
    public mutating func wait(after attempt: Attempt, random: inout SplitMix64) -> Duration {
        switch attempt {
        case .done:
            failures = 0
            return spread(interval, by: 10, &random)
        case .interrupted:
            failures = 0
            return spread(firstRetry, by: 50, &random)
        case .failed:
            var wait = firstRetry
            for _ in 0..<failures where wait < interval { wait *= 2 }
            failures = min(failures + 1, 32)
            return spread(min(wait, interval), by: 50, &random)
        }
    }

    /// A duration of so many percent more or less.
    private func spread(_ duration: Duration, by percent: Int, _ random: inout SplitMix64) -> Duration {
        duration * (1000 - 10 * percent + random.below(20 * percent + 1)) / 1000
    }
}
