import ArgumentParser
import Endpoint
import FirmwareServer

/// How much the server remembers and how long.
struct LimitOptions: ParsableArguments {
    @Option(help: "Established sessions that each thread keeps, 1…10000000; about 12 KiB each.")
    var sessions = EndpointLimits().sessions

    @Option(help: "Sessions that one identity may have on each thread; if not given, as many as there is room for.")
    var sessionsPerIdentity: Int?

    @Option(
        help: """
            Sessions that one IPv4 address, or one /56 of IPv6, may have on each thread; if not given, as many as \
            there is room for.
            """
    )
    var sessionsPerSource: Int?

    @Option(help: "Handshakes that each thread has in progress, 1…1000000.")
    var handshakes = EndpointLimits().handshakes

    @Option(help: "Seconds after which a silent session is closed, 1…31536000.")
    var idleTime = 1800

    @Option(help: "The largest payload that is served, in KiB, 1…1048576.")
    var payloadSize = CatalogLimits().payloadSizeBytes >> 10

    func validate() throws {
        guard (1...10_000_000).contains(sessions) else {
            throw ValidationError("--sessions \(sessions): write 1…10000000")
        }
        for (name, value) in [("identity", sessionsPerIdentity), ("source", sessionsPerSource)] {
            if let value, !(1...10_000_000).contains(value) {
                throw ValidationError("--sessions-per-\(name) \(value): write 1…10000000")
            }
        }
        guard (1...1_000_000).contains(handshakes) else {
            throw ValidationError("--handshakes \(handshakes): write 1…1000000")
        }
        guard (1...31_536_000).contains(idleTime) else {
            throw ValidationError("--idle-time \(idleTime): write 1…31536000")
        }
        guard (1...1_048_576).contains(payloadSize) else {
            throw ValidationError("--payload-size \(payloadSize): write 1…1048576")
        }
    }

    func apply(to configuration: inout FirmwareService.Configuration) {
        configuration.limits.sessions = sessions
        configuration.limits.sessionsPerIdentity = sessionsPerIdentity
        configuration.limits.sessionsPerSource = sessionsPerSource
        configuration.limits.handshakes = handshakes
        configuration.limits.idleTime = .seconds(idleTime)
        configuration.catalogLimits.payloadSizeBytes = payloadSize << 10
    }
}
