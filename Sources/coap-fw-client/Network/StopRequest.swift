import Dispatch
import Glibc
import HostSupport
import Synchronization

/// SIGINT and SIGTERM: what goes on ends, and nothing is begun after it. SIGUSR1 ends a pause.
final class StopRequest: Sendable {
    private struct State {
        var isRequested = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let awakening = DispatchSemaphore(value: 0)

    /// Listens to the signals.
    ///
    /// - Parameter wakes: whether SIGUSR1 is listened to.
    /// - Returns: what to cancel at the end.
    func listen(wakes: Bool = false) -> SignalSources {
        SignalSources([SIGINT, SIGTERM] + (wakes ? [SIGUSR1] : [])) { number in
            if number == SIGUSR1 { self.awakening.signal() } else { self.request() }
        }
    }

    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Sets what a request does; at once if there was one.
    func whenRequested(_ action: (@Sendable () -> Void)?) {
        let isRequested = state.withLock { state in
            state.action = action
            return state.isRequested
        }
        if isRequested { action?() }
    }

    /// Waits so long, or until a signal.
    func pause(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard !isRequested, seconds >= 0 else { return }
        let nanoseconds = Int(min(seconds, 1 << 30)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        _ = awakening.wait(timeout: .now() + .nanoseconds(nanoseconds))
    }

    private func request() {
        let action = state.withLock { state in
            state.isRequested = true
            return state.action
        }
        action?()
        awakening.signal()
    }
}
