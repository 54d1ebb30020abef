import ArgumentParser
import HostSupport
import UpdateClient

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Keeps the device up to date until it is stopped: polls, reboots, confirms or goes back.",
        discussion: """
            A new image runs on trial. It is confirmed once the health check passes and the server has answered it; \
            otherwise the device reboots, which goes back. After a failure the server is asked again after half a \
            minute, then ever more seldom. SIGUSR1 asks at once; SIGINT and SIGTERM end the program, and a download \
            that they interrupt is resumed by the next one.
            """
    )

    @OptionGroup var options: UpdateOptions

    @Option(
        help: "How often the server is asked, a tenth more or less: 90s, 15m. [default: 6h]",
        transform: Self.duration
    )
    var interval = Duration.seconds(6 * 3600)

    @Option(help: "When the device may reboot into a new image: now, never, or a time of day as 02:00-04:30.")
    var reboot = RebootPolicy.now

    @Option(
        help: ArgumentHelp(
            "Shell command that says by its exit code 0 that the image on trial works; it finds the version in "
                + "COAP_FW_VERSION and the flash file in COAP_FW_FLASH.",
            valueName: "command"
        )
    )
    var healthCheck: String?

    @Option(help: "What the health check may take. [default: 60s]", transform: Self.duration)
    var healthTimeout = Duration.seconds(60)

    @Option(help: "How long an image on trial may take to reach the server. [default: 10m]", transform: Self.duration)
    var trialTimeout = Duration.seconds(600)

    @Flag(help: "Print one JSON object on a line for each event.")
    var json = false

    @Sendable private static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(parsing: text), duration >= .seconds(1) else {
            throw ValidationError("write a number with a unit, a second at least: 90s, 15m, 6h")
        }
        return duration
    }

    func run() throws {
        try Console.run(json: json) { () throws(Failure) in
            var daemon = Daemon(
                options: options,
                policy: reboot,
                schedule: PollSchedule(interval: interval),
                healthCheck: healthCheck.map { ShellCommand($0) },
                healthTimeout: healthTimeout,
                trialTimeout: trialTimeout,
                log: DaemonLog(isJSON: json)
            )
            try daemon.run()
        }
    }
}
