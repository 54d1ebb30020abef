import Glibc

/// A clock that only ever goes forward.
package enum Uptime {
    package static var now: Duration {
        var time = timespec()
        guard clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return .zero }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
