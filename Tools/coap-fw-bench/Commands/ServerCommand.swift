import ArgumentParser
import Foundation

struct ServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Requests a second, handshakes and memory of coap-fw-server beside coap-server-openssl.",
        discussion: """
            All servers run at once and are measured in short turns, there and back, so that what else the machine \
            does falls on all of them alike; figures are medians over the rounds, ratios those of neighbours in a \
            round. One generator drives them from one socket; each session has a source address of its own in 127/8. \
            Requests are sealed before they are measured and one answer in 64 is opened, so that the generator costs \
            less than the server: its share of a processor stands beside the server's.

            Exit code 1: a goal is missed.
            """
    )

    @Option(help: "Idle sessions beside which our server with two threads is measured, up to 1000000.")
    var sessions = 100_000

    @Option(help: "Idle sessions beside which both servers are measured with one thread.")
    var idle = 5_000

    @Option(help: "Bytes of an answer's payload: 16, 32, 64, 128, 256, 512 or 1024.")
    var payload = 1024

    @Option(help: "Sessions that send requests.")
    var active = 8

    @Option(help: "Requests that each of them has in flight.")
    var window = 8

    @Option(help: "Seconds of a turn.")
    var seconds = 0.7

    @Option(help: "Turns of each server.")
    var rounds = 15

    @Option(help: "Write the figures as JSON to this file.")
    var stats: String?

    @Flag(help: "Print figures without judging them: short runs on a busy machine.")
    var noGoals = false

    func validate() throws {
        guard (1...1_000_000).contains(sessions), (1...sessions).contains(idle) else {
            throw ValidationError("--sessions must be 1 to 1000000, and --idle no more.")
        }
        guard [16, 32, 64, 128, 256, 512, 1024].contains(payload) else {
            throw ValidationError("--payload must be a block size of RFC 7959, 16 to 1024.")
        }
        guard (1...1000).contains(active), (1...256).contains(window) else {
            throw ValidationError("--active must be 1 to 1000, --window 1 to 256.")
        }
        guard (0.05...60).contains(seconds), (1...100).contains(rounds) else {
            throw ValidationError("--seconds must be 0.05 to 60, --rounds 1 to 100.")
        }
    }

    func run() throws {
        let field = try ServerComparison(
            sessions: sessions,
            idle: idle,
            active: active,
            window: window,
            payloadBytes: payload
        )
        defer { field.remove() }
        try field.measure(rounds: rounds, seconds: seconds)
        let report = ServerReport(cells: field.cells, payloadBytes: payload, active: active, window: window)
        print(report.markdown)
        if let stats {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(report.figures).write(to: URL(fileURLWithPath: stats), options: .atomic)
        }
        if !noGoals, !report.isGood { throw ExitCode(1) }
    }
}
