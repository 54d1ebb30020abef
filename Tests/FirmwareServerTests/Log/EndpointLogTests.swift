import Credentials
import Endpoint
import FirmwareServer
import Logging
import Synchronization
import Testing

/// Floods are counted by kind and network; no kind of security event is left out.
@Suite(.timeLimit(.minutes(15))) struct EndpointLogTests {
    /// The lines of a logger, without times.
    private final class Lines: LogHandler, Sendable {
        let all = Mutex<[String]>([])
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let line = LogLine.text(
                time: "",
                level: event.level,
                message: event.message.description,
                fields: event.metadata ?? [:]
            )
            all.withLock { $0.append(line) }
        }

        /// Lines with this text; all if it is empty.
        func count(_ text: String) -> Int {
            all.withLock { lines in lines.filter { text.isEmpty || $0.contains(text) }.count }
        }
    }

    private static func identity(_ text: String) throws -> PSKIdentity { try #require(PSKIdentity(text)) }

    @Test func aFloodOfFailuresHidesNoSession() throws {
        let lines = Lines()
        let log = EndpointLog(Logger(label: "test") { _ in lines })
        let start = ContinuousClock.now
        let failure = EndpointEvent.authenticationFailed(claimed: try Self.identity("anybody"))
        for number in 0..<20_000 {
            log.note(PeerAddress(ipv4: 0x0A00_0000 + UInt32(number % 4) << 8 + 7, port: 1), failure, at: start)
        }
        for number in 0..<300 {
            let identity = try Self.identity("dev-\(number)")
            log.note(PeerAddress(ipv4: 0x0A00_0001, port: 2), .established(identity, suite: "PSK"), at: start)
            log.note(PeerAddress(ipv4: 0x0A00_0001, port: 2), .revoked(identity), at: start)
        }
        #expect(lines.count("session established") == 300)
        #expect(lines.count("session closed: the identity was revoked") == 300)
        #expect(lines.count("authentication failed") == 20)

        // The second is over: what was only counted is told, and all of it is there.
        log.tellWithheld(at: start + .seconds(1))
        for network in 0..<4 {
            #expect(lines.count("unknown identity more=4995 network=10.0.\(network).0/24") == 1)
        }
        #expect(lines.count("") == 624)
    }

    @Test func manyNetworksAreBounded() throws {
        let lines = Lines()
        let log = EndpointLog(Logger(label: "test") { _ in lines })
        let start = ContinuousClock.now
        for number in 0..<20_000 {
            let peer = PeerAddress(ipv4: 0x0A00_0000 + UInt32(number) << 8, port: 1)
            log.note(peer, .authenticationFailed(claimed: nil), at: start)
        }
        log.tellWithheld(at: start + .seconds(1))
        #expect(lines.count("") <= 56)
        #expect(lines.count("more=19945 network=others") == 1)
    }

    /// One identity that opens sessions without end is told as often as any other, and then counted under its name.
    @Test func oneIdentityWithoutEnd() throws {
        let lines = Lines()
        let log = EndpointLog(Logger(label: "test") { _ in lines })
        let start = ContinuousClock.now
        let identity = try Self.identity("dev-1")
        for number in 0..<1000 {
            log.note(PeerAddress(ipv4: UInt32(number), port: 2), .established(identity, suite: "PSK"), at: start)
            log.note(PeerAddress(ipv4: UInt32(number), port: 2), .evicted(identity), at: start)
        }
        log.tellWithheld(at: start + .seconds(2))
        #expect(lines.count("session established identity=dev-1 more=995") == 1)
        #expect(lines.count("session closed to make room for another identity=dev-1 more=995") == 1)
    }
}
