import ArgumentParser
import Foundation

struct HostileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hostile",
        abstract: "Honest clients of coap-fw-server, alone and beside hostile peers: their goodput, its memory.",
        discussion: """
            Each honest client downloads a whole image again and again at the pace of a 250 kbit/s link and compares \
            every block. The attacks go on all at once: hellos from port 0, half handshakes from 16 addresses, \
            fragments that claim large messages, alerts, records, key exchanges and hellos in honest peers' names, \
            replays, wrong keys, one identity that opens sessions without end, amplification probes at plain CoAP, \
            random datagrams, blocks of large releases here and there; 200 000 identities that change, large releases \
            that take turns, images that nobody signed, symbolic links to the key file, and a small disk that is full \
            while keys and releases are to be changed. Server and attacker share the machine: the attacks' rates are \
            such that both have processor left, which their shares in the output show; --scale changes them.

            Memory is looked at when everything that an attack leaves has ended: handshakes after 60 s, sessions after \
            60 s (--idle-time 60), removed releases after 10 s, and freed memory goes back to the system every 30 s.

            Needs root, for raw sockets and a mount. Exit code 1: less than is asked.
            """
    )

    @Option(help: "Seconds of the attack.")
    var seconds = 600.0

    @Option(help: "Honest clients, 1 to 1000.")
    var clients = 200

    @Option(help: "Factor of the attacks' rates.")
    var scale = 1.0

    @Option(help: "Identities in the key file beside the honest ones.")
    var identities = 200_000

    @Option(help: "Rows of coap-fw-client updates beside it.")
    var updates = 3

    @Option(help: "Seconds after the attack until memory is looked at for the last time.")
    var settle = 100.0

    @Option(help: "Where the attacks' randomness comes from.")
    var seed: UInt64 = 7

    @Option(help: "Write the figures as JSON to this file.")
    var stats: String?

    @Flag(help: "Leave the server's files alone: hostile peers only.")
    var noFiles = false

    @Flag(help: "Print figures without judging them: short runs on a busy machine.")
    var noGoals = false

    func validate() throws {
        guard (1...86_400).contains(seconds), (0...86_400).contains(settle) else {
            throw ValidationError("--seconds must be 1 to 86400, --settle 0 to 86400.")
        }
        guard (1...1000).contains(clients), (0...1_000_000).contains(identities), (0...16).contains(updates) else {
            throw ValidationError("--clients must be 1 to 1000, --identities 0 to 1000000, --updates 0 to 16.")
        }
        guard (0...1000).contains(scale) else { throw ValidationError("--scale must be 0 to 1000.") }
    }

    func run() throws {
        let run = try HostileRun(clients: clients, scale: scale, identities: identities, seed: seed)
        let result = try run.run(seconds: seconds, updates: updates, settle: settle, changesFiles: !noFiles)
        let report = HostileReport(result: result)
        print(report.markdown)
        if let stats {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(result).write(to: URL(fileURLWithPath: stats), options: .atomic)
        }
        if !noGoals, !report.isGood { throw ExitCode(1) }
    }
}
