import Logging
import Synchronization
import UDPSockets

/// Tells in the log what the network does not take, and what the event log has only counted. Called about once a
/// second.
final class NetworkReport: Sendable {
    private struct State {
        var told: [Int32: UInt64] = [:]
        var readErrors: UInt64 = 0
        var ticks = 0
        var lastTold: [Int32: Int] = [:]
    }

    /// Calls until the same reason is told again.
    private static let pause = 60

    private let statistics: EndpointStatistics
    private let log: EndpointLog
    private let logger: Logger
    private let state = Mutex(State())

    init(_ statistics: EndpointStatistics, _ log: EndpointLog, _ logger: Logger) {
        self.statistics = statistics
        self.log = log
        self.logger = logger
    }

    func tell() {
        log.tellWithheld()
        let (dropped, readErrors) = (statistics.sending.dropped, statistics.readErrors)
        let (news, newErrors) = state.withLock { state in
            state.ticks += 1
            var news: [(code: Int32, count: UInt64)] = []
            for (code, count) in dropped where count > state.told[code, default: 0] {
                if let last = state.lastTold[code], state.ticks - last < Self.pause { continue }
                news.append((code, count - state.told[code, default: 0]))
                state.told[code] = count
                state.lastTold[code] = state.ticks
            }
            defer { state.readErrors = readErrors }
            return (news, readErrors - state.readErrors)
        }
        for (code, count) in news {
            let error = SocketError(code)
            logger.warning(
                "datagrams could not be sent; others are",
                metadata: ["datagrams": "\(count)", "errno": "\(error.name)", "reason": "\(error)"]
            )
        }
        if newErrors > 0 {
            logger.warning(
                "the system reported an error for a socket; it goes on, all sessions stay",
                metadata: ["times": "\(newErrors)"]
            )
        }
    }
}
