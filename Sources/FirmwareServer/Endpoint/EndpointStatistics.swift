import Endpoint
import Synchronization

/// The counters of all endpoints of a service, written by their event loops and read by anybody.
public final class EndpointStatistics: Sendable {
    private struct State {
        var counters: [EndpointCounters]
        var sessions: [Int]
        var socketErrors: UInt64 = 0
        var lastSocketError: String?
    }

    private let state: Mutex<State>

    init(endpoints: Int) {
        state = Mutex(
            State(
                counters: Array(repeating: EndpointCounters(), count: endpoints),
                sessions: Array(repeating: 0, count: endpoints)
            )
        )
    }

    /// All endpoints together.
    public var total: EndpointCounters {
        state.withLock { state in
            state.counters.reduce(into: EndpointCounters()) { $0.add($1) }
        }
    }

    /// Established sessions of all endpoints.
    public var sessionCount: Int {
        state.withLock { $0.sessions.reduce(0, +) }
    }

    func update(_ index: Int, _ counters: EndpointCounters, sessions: Int) {
        state.withLock { state in
            state.counters[index] = counters
            state.sessions[index] = sessions
        }
    }

    func noteSocketError(_ error: any Error) {
        let text = String(describing: error)
        state.withLock { state in
            state.socketErrors &+= 1
            state.lastSocketError = text
        }
    }

    /// Errors of the sockets since the last call: how many, and the last one.
    func takeSocketErrors() -> (count: UInt64, last: String)? {
        state.withLock { state in
            guard state.socketErrors > 0, let last = state.lastSocketError else { return nil }
            defer {
                state.socketErrors = 0
                state.lastSocketError = nil
            }
            return (state.socketErrors, last)
        }
    }
}
