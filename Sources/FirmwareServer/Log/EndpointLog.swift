import Endpoint
import Logging
import Synchronization

/// Writes the endpoints' events to the log.
///
/// Nobody can flood it, and no kind of event is left out: of what happens to one subject, `linesAtOnce` events of a
/// kind are written a second; what goes beyond that is counted, and the count is a line of the same kind when the
/// second is over. The subject of what a key has proved is its identity, of which there are no more than were
/// provisioned; of all else, which anybody can cause, it is the network that it came from.
package final class EndpointLog: Sendable {
    private struct Subject: Hashable {
        let message: String
        let level: Logger.Level
        let field: String
        let name: String
    }

    private struct Window {
        var start = ContinuousClock.now
        var events: [Subject: Int] = [:]
        var networks = 0
    }

    private static let linesAtOnce = 5
    /// Networks that are told apart in a second; further ones are counted together.
    private static let networksAtOnce = 50

    private let logger: Logger
    private let window = Mutex(Window())

    package init(_ logger: Logger) {
        self.logger = logger
    }

    package func note(_ peer: PeerAddress, _ event: EndpointEvent, at now: ContinuousClock.Instant = .now) {
        let line = EventLine(event)
        guard logger.logLevel <= line.level else { return }
        tellWithheld(at: now)
        guard mayWrite(line, peer) else { return }
        var fields = line.fields
        fields["peer"] = "\(peer)"
        logger.log(level: line.level, "\(line.message)", metadata: fields)
    }

    /// Writes what was only counted, once the second is over. To be called about once a second.
    package func tellWithheld(at now: ContinuousClock.Instant = .now) {
        let events = window.withLock { window in
            guard now - window.start >= .seconds(1) else { return [Subject: Int]() }
            defer { window = Window(start: now) }
            return window.events
        }
        for (subject, count) in events where count > Self.linesAtOnce {
            logger.log(
                level: subject.level,
                "\(subject.message)",
                metadata: [subject.field: "\(subject.name)", "more": "\(count - Self.linesAtOnce)"]
            )
        }
    }

    private func mayWrite(_ line: EventLine, _ peer: PeerAddress) -> Bool {
        window.withLock { window in
            var subject = Subject(
                message: line.message,
                level: line.level,
                field: line.identity == nil ? "network" : "identity",
                name: line.identity ?? peer.network
            )
            if line.identity == nil, window.events[subject] == nil {
                if window.networks < Self.networksAtOnce {
                    window.networks += 1
                } else {
                    subject = Subject(message: line.message, level: line.level, field: "network", name: "others")
                }
            }
            window.events[subject, default: 0] += 1
            return window.events[subject, default: 0] <= Self.linesAtOnce
        }
    }
}

extension PeerAddress {
    /// What one site usually has: 256 IPv4 addresses, or 2^72 of IPv6 (RFC 6177).
    var network: String {
        remote.isIPv6
            ? "\(IPAddress(ipv6: remote.high & ~0xFF, 0))/56"
            : "\(IPAddress(ipv4: UInt32(truncatingIfNeeded: remote.low) & ~0xFF))/24"
    }
}
