import Endpoint
import Synchronization
import UDPSockets

/// The counters of all endpoints of a service, written by their threads and read by anybody.
public final class EndpointStatistics: Sendable {
    private struct Entry {
        var counters = EndpointCounters()
        var sessions = 0
        var sending = SendCounters()
    }

    private struct State {
        var entries: [Entry]
        var readErrors: UInt64 = 0
    }

    private let state: Mutex<State>

    init(endpoints: Int) {
        state = Mutex(State(entries: Array(repeating: Entry(), count: endpoints)))
    }

    /// All endpoints together.
    public var total: EndpointCounters {
        state.withLock { state in
            state.entries.reduce(into: EndpointCounters()) { $0.add($1.counters) }
        }
    }

    /// Established sessions of all endpoints.
    public var sessionCount: Int {
        state.withLock { $0.entries.reduce(0) { $0 + $1.sessions } }
    }

    /// What became of the datagrams that were to be sent.
    public var sending: SendCounters {
        state.withLock { state in
            state.entries.reduce(into: SendCounters()) { $0.add($1.sending) }
        }
    }

    /// Errors that the kernel noted for a socket.
    public var readErrors: UInt64 { state.withLock { $0.readErrors } }

    func update(_ index: Int, _ counters: EndpointCounters, sessions: Int, sending: SendCounters) {
        state.withLock { $0.entries[index] = Entry(counters: counters, sessions: sessions, sending: sending) }
    }

    func noteReadError() {
        state.withLock { $0.readErrors &+= 1 }
    }
}

extension EndpointStatistics {
    /// All figures under their names, in a fixed order.
    public var figures: [(name: String, value: UInt64)] {
        let (total, sending) = (total, sending)
        var figures: [(name: String, value: UInt64)] = [
            ("sessions", UInt64(sessionCount)),
            ("handshakes-started", total.handshakesStarted),
            ("handshakes", total.handshakesCompleted),
            ("handshakes-failed", total.handshakesFailed),
            ("authentication-failures", total.authenticationFailures),
            ("cookies-sent", total.challenges),
            ("requests", total.requests),
            ("responses", total.responses),
            ("datagrams-received", total.datagramsReceived),
            ("datagrams-ignored", total.datagramsIgnored),
            ("datagrams-sent", sending.sent),
            ("datagrams-not-sent", sending.dropped.values.reduce(0, +)),
        ]
        for (code, count) in sending.dropped.sorted(by: { $0.key < $1.key }) {
            figures.append(("datagrams-not-sent-\(SocketError(code).name)", count))
        }
        return figures + [("read-errors", readErrors)]
    }
}
