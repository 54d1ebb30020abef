import ArgumentParser
import FirmwareServer
import HostSupport
import Logging

@main
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coap-fw-server",
        abstract: "Serves firmware releases over CoAP and DTLS with pre-shared keys.",
        discussion: """
            Releases are found in IMAGES/{pid}/{version}/firmware.bin; new ones, changed keys and changed rights are \
            noticed within a second, at once on SIGHUP. A line "listening on coaps://ADDRESS:PORT" on standard output \
            says that it serves. SIGTERM and SIGINT end it.

            Exit codes: 0 stopped as asked, 64 usage, 69 address in use or socket lost, 74 standard output lost, 78 configuration.
            """
    )

    @Option(help: "Folder with the releases.")
    var images: String

    @Option(
        help: "File with the pre-shared keys, identity:hexkey per line, mode 0600. Rights stand in 'rights' beside it."
    )
    var psk: String

    @Option(help: ArgumentHelp("Address for CoAP over DTLS; port 0 takes any that is free.", valueName: "host:port"))
    var listen = "127.0.0.1:5684"

    @Option(
        help: ArgumentHelp(
            """
            Address for CoAP without DTLS as well: no identities, so everybody who reaches it reads every product, and \
            forged requests have answers up to forty times as large sent to others. For trusted networks only.
            """,
            valueName: "host:port"
        )
    )
    var listenPlain: String?

    @Option(help: "Threads that serve DTLS, 1…64.")
    var threads = 1

    @Option(help: "What is logged to standard error: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    var logLevel = "info"

    @Flag(name: .shortAndLong, help: "Log everything, as with --log-level debug.")
    var verbose = false

    static func main() {
        StandardStreams.prepare()
        main(nil)
    }

    func validate() throws {
        guard HostPort(listen, defaultPort: HostPort.coapsPort) != nil else {
            throw ValidationError("--listen \(listen): write HOST:PORT, an IPv6 address in brackets")
        }
        if let listenPlain, HostPort(listenPlain, defaultPort: HostPort.coapPort) == nil {
            throw ValidationError("--listen-plain \(listenPlain): write HOST:PORT, an IPv6 address in brackets")
        }
        guard (1...64).contains(threads) else { throw ValidationError("--threads \(threads): write 1…64") }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel): not a level")
        }
    }

    func run() throws {
        guard let secure = HostPort(listen, defaultPort: HostPort.coapsPort) else { return }
        // Before any thread is there, so that all of them leave the signals to this one.
        let signals = SignalWaiter()
        var logger = Logger(label: "coap-fw-server") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = verbose ? .debug : Logger.Level(rawValue: logLevel) ?? .info

        var configuration = FirmwareService.Configuration(images: images, psk: psk, listen: secure)
        configuration.listenPlain = listenPlain.flatMap { HostPort($0, defaultPort: HostPort.coapPort) }
        configuration.threads = threads
        let service: FirmwareService
        do {
            service = try FirmwareService(configuration, logger: logger, onSocketLost: { signals.reportFailure() })
        } catch {
            Console.report("\(error)")
            throw ExitCode(error.exitStatus.rawValue)
        }
        announce("listening on coaps://\(service.address)")
        if let plain = service.plainAddress { announce("listening on coap://\(plain)") }
        while true {
            switch signals.next() {
            case .reload:
                service.reload()
            case .stop:
                service.stop()
                return
            case .failure:
                service.stop()
                Console.report("the socket on \(service.address) was lost; start the server again")
                throw ExitCode(ExitStatus.unavailable.rawValue)
            }
        }
    }

    private func announce(_ line: String) {
        Console.say(line, ifLost: "give it somewhere to go, or /dev/null")
    }
}

extension FirmwareServiceError {
    fileprivate var exitStatus: ExitStatus {
        switch self {
        case .addressInUse, .setUp: .unavailable
        case .images, .credentials, .cannotListen: .configuration
        }
    }
}
