import ArgumentParser
import Foundation
import LinkEmulator

struct RecoveryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "In real time through coap-fw-link: what lost NAT bindings, server restarts and a blackout cost.",
        discussion: """
            The same update without and with the event in the middle of its transfer or handshake; the difference, \
            less the length of the event, is what noticing it, a new handshake and resuming cost. Prints a Markdown \
            table.
            """
    )

    @Option(help: "The link: sat, nb-iot, mesh or lte.")
    var link = LinkPreset.mesh

    @Option(help: "Loss each way, 0 to 0.5.")
    var loss: [Double] = [0, 0.1]

    @Option(help: "Size of the image in KiB.")
    var kib = 240

    @Option(help: "Runs of each; the mean and the worst are shown.")
    var runs = 3

    @Option(help: "Seconds between new ports, where they come again and again.")
    var rebindEvery = 2.0

    @Option(help: "A file of firmware to make the image from.")
    var firmware: String

    func validate() throws {
        guard loss.allSatisfy({ (0...0.5).contains($0) }) else { throw ValidationError("--loss must be 0 to 0.5.") }
        guard (2...1024).contains(kib) else { throw ValidationError("--kib must be 2 to 1024.") }
        guard (0.5...600).contains(rebindEvery) else { throw ValidationError("--rebind-every must be 0.5 to 600.") }
        guard (1...100).contains(runs) else { throw ValidationError("--runs must be 1 to 100.") }
    }

    func run() throws {
        print(
            "| link, size | loss | event | update to committed | of the limit | beyond the event | worst | handshakes |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for loss in loss {
            var undisturbed: [Double] = []
            for event in RecoveryRun.Event.allCases {
                var results: [RecoveryRun.Result] = []
                for seed in 0..<runs {
                    FileHandle.standardError.write(Data("\(event.rawValue) at \(Text.percent(loss)), \(seed)\n".utf8))
                    results.append(
                        try RecoveryRun(
                            preset: link,
                            loss: loss,
                            imageBytes: kib << 10,
                            corpus: URL(fileURLWithPath: firmware),
                            seed: UInt64(seed + 1),
                            rebindSeconds: rebindEvery
                        ).run(event)
                    )
                }
                let seconds = results.map(\.seconds)
                if event == .none { undisturbed = seconds }
                let costs = zip(seconds, undisturbed).map { $0 - $1 - event.seconds }
                let cells = [
                    "\(link.rawValue), \(kib) KiB", Text.percent(loss), name(of: event),
                    Text.fixed(mean(seconds), 1) + " s",
                    Text.fixed(mean(results.map(\.ofLimit)), 2),
                    event == .none ? "" : Text.fixed(mean(costs), 1) + " s",
                    event == .none ? "" : Text.fixed(costs.max() ?? 0, 1) + " s",
                    results.map { "\($0.handshakes)" }.joined(separator: ", "),
                ]
                print("| " + cells.joined(separator: " | ") + " |")
            }
        }
    }

    private func name(of event: RecoveryRun.Event) -> String {
        event == .rebindings ? "a new port every \(Text.fixed(rebindEvery, 0)) s" : event.rawValue
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
}
