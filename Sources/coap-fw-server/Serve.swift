import ArgumentParser
import CommandSupport
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
            says that it serves.

            Signals: SIGTERM and SIGINT end it, SIGHUP has it look at all files now, SIGUSR1 has it print its \
            statistics to standard output, one line of JSON. SIGUSR2, SIGPIPE and SIGXFSZ are ignored.

            Exit codes: 0 stopped as asked, 64 usage, 69 address in use, 74 standard output lost, 78 configuration.
            """,
        version: ProgramVersion.text
    )

    @Option(help: "Folder with the releases.")
    var images: String

    @Option(
        help: "File with the pre-shared keys, identity:hexkey per line, mode 0600. Rights stand in 'rights' beside it."
    )
    var psk: String

    @Option(
        help: ArgumentHelp(
            """
            Address for CoAP over DTLS; may be given several times. Port 0 takes any that is free; a name stands for \
            the first of its addresses. 0.0.0.0 is every IPv4 address, [::] every IPv6 address, and answers come from \
            the one that was asked. (default: 127.0.0.1:5684)
            """,
            valueName: "host:port"
        )
    )
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Address for CoAP without DTLS as well; may be given several times: no identities, so everybody who reaches \
            it reads every product, and forged requests have answers up to three times as large sent \
            to others. For trusted networks only.
            """,
            valueName: "host:port"
        )
    )
    var listenPlain: [String] = []

    @Flag(help: "Do not start without a 'rights' file. Without one, every identity may read every product.")
    var requireRights = false

    @Option(help: "Threads that serve DTLS, 1…64.")
    var threads = 1

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @Option(help: "What is logged to standard error: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    var logLevel = "info"

    @Flag(name: .shortAndLong, help: "Log everything, as with --log-level debug.")
    var verbose = false

    static func main() {
        runProgram()
    }

    func validate() throws {
        for listen in listen where HostPort(listen, defaultPort: HostPort.coapsPort) == nil {
            throw ValidationError("--listen \(listen): write HOST:PORT, an IPv6 address in brackets")
        }
        for listenPlain in listenPlain where HostPort(listenPlain, defaultPort: HostPort.coapPort) == nil {
            throw ValidationError("--listen-plain \(listenPlain): write HOST:PORT, an IPv6 address in brackets")
        }
        guard (1...64).contains(threads) else { throw ValidationError("--threads \(threads): write 1…64") }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel): not a level")
        }
    }

    func run() throws {
        // Before any thread is there, so that all of them leave the signals to this one.
        let signals = SignalWaiter()
        if threads == 1 { ProcessMemory.useOneHeap() }
        // Payload files stay open, as far as there is room.
        DescriptorLimit.raise()
        let stream = LogStream()
        var logger = Logger(label: "coap-fw-server") { _ in LineLogHandler(stream) }
        logger.logLevel = verbose ? .debug : Logger.Level(rawValue: logLevel) ?? .info

        var configuration = FirmwareService.Configuration(
            images: images,
            psk: psk,
            listen: (listen.isEmpty ? ["127.0.0.1"] : listen).compactMap {
                HostPort($0, defaultPort: HostPort.coapsPort)
            },
            listenPlain: listenPlain.compactMap { HostPort($0, defaultPort: HostPort.coapPort) }
        )
        configuration.threads = threads
        configuration.requiresRights = requireRights
        limits.apply(to: &configuration)
        let service: FirmwareService
        do {
            service = try FirmwareService(configuration, logger: logger)
        } catch {
            stream.flush()
            Console.report("\(error)")
            throw ExitCode(error.exitStatus.rawValue)
        }
        for address in service.addresses { announce("listening on coaps://\(address)") }
        for address in service.plainAddresses { announce("listening on coap://\(address)") }
        while true {
            switch signals.next() {
            case .reload:
                service.reload()
            case .stop:
                service.stop()
                stream.flush()
                return
            case .statistics:
                var object = JSONObject()
                for (name, value) in service.statistics.figures {
                    let key = name.replacing("-", with: "_")
                    object.set(key, value: .number(Int(clamping: value)))
                }
                announce(object.text)
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
