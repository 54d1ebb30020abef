import Glibc

/// Takes the process's signals one by one on the thread that asks for them, so that nothing runs inside a handler.
final class SignalWaiter: Sendable {
    enum Event {
        case reload, statistics, stop
    }

    /// Blocks the signals for this thread and for every thread that it makes.
    init() {
        var set = Self.signals
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // Nothing is asked with it, and it would end the process.
        signal(SIGUSR2, SIG_IGN)
    }

    /// Waits for the next signal.
    func next() -> Event {
        var set = Self.signals
        while true {
            var signal: Int32 = 0
            guard sigwait(&set, &signal) == 0 else { continue }
            switch signal {
            case SIGHUP: return .reload
            case SIGUSR1: return .statistics
            case SIGTERM, SIGINT: return .stop
            default: continue
            }
        }
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1] { sigaddset(&set, signal) }
        return set
    }
}
