import DTLS
import Endpoint
import Logging
import NIOCore
import Synchronization

/// Writes the endpoints' events to the log. Peers that fail all the time cannot flood it: so many lines a second are
/// written, the rest are counted.
final class EndpointLog: Sendable {
    private struct Window {
        var start = NIODeadline.uptimeNanoseconds(0)
        var lines = 0
        var withheld = 0
    }

    private let logger: Logger
    private let window = Mutex(Window())
    private static let linesPerSecond = 50

    init(_ logger: Logger) {
        self.logger = logger
    }

    func note(_ address: PeerAddress, _ event: EndpointEvent) {
        guard logger.logLevel <= level(of: event), mayWrite() else { return }
        var metadata: Logger.Metadata = ["peer": "\(address)"]
        let message: Logger.Message
        switch event {
        case .established(let identity, let suite):
            metadata["identity"] = "\(identity)"
            metadata["suite"] = "\(suite)"
            message = "session established"
        case .authenticationFailed(let claimed):
            metadata["claimed-identity"] = claimed.map { "\($0)" } ?? "none that could be one"
            message = "authentication failed: wrong key or unknown identity"
        case .handshakeFailed(let error):
            metadata["reason"] = "\(error)"
            message = "handshake failed"
        case .closed(let identity):
            metadata["identity"] = "\(identity)"
            message = "session closed by the peer"
        case .failed(let identity, let error):
            metadata["identity"] = "\(identity)"
            metadata["reason"] = "\(error)"
            message = "session failed"
        case .expired(let identity):
            metadata["identity"] = "\(identity)"
            message = "idle session closed"
        case .evicted(let identity):
            metadata["identity"] = "\(identity)"
            message = "session closed to make room for another"
        case .replaced(let identity):
            metadata["identity"] = "\(identity)"
            message = "session replaced by a new one from the same address"
        case .revoked(let identity):
            metadata["identity"] = "\(identity)"
            message = "session closed: the identity was revoked or has another key"
        }
        logger.log(level: level(of: event), message, metadata: metadata)
    }

    private func level(of event: EndpointEvent) -> Logger.Level {
        switch event {
        case .established, .revoked: .info
        case .authenticationFailed: .notice
        case .handshakeFailed, .closed, .failed, .expired, .evicted, .replaced: .debug
        }
    }

    private func mayWrite() -> Bool {
        let now = NIODeadline.now()
        let (allowed, withheld) = window.withLock { window -> (Bool, Int) in
            var withheld = 0
            if now - window.start >= .seconds(1) {
                withheld = window.withheld
                window = Window(start: now)
            }
            guard window.lines < Self.linesPerSecond else {
                window.withheld += 1
                return (false, withheld)
            }
            window.lines += 1
            return (true, withheld)
        }
        if withheld > 0 { logger.notice("\(withheld) lines about sessions were left out") }
        return allowed
    }
}
