import Glibc
import Synchronization

/// Takes the process's signals one by one on the thread that asks for them, so that nothing runs inside a handler.
final class SignalWaiter: Sendable {
    enum Event {
        case reload, stop, failure
    }

    private let hasFailed = Mutex(false)

    /// Blocks the signals for this thread and for every thread that it makes.
    init() {
        var set = Self.signals
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for the next signal.
    func next() -> Event {
        var set = Self.signals
        while true {
            var signal: Int32 = 0
            guard sigwait(&set, &signal) == 0 else { continue }
            switch signal {
            case SIGHUP: return .reload
            case SIGUSR2 where hasFailed.withLock({ $0 }): return .failure
            case SIGTERM, SIGINT: return .stop
            default: continue
            }
        }
    }

    /// Makes `next` return `.failure`. From any thread.
    func reportFailure() {
        hasFailed.withLock { $0 = true }
        kill(getpid(), SIGUSR2)
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR2] { sigaddset(&set, signal) }
        return set
    }
}
