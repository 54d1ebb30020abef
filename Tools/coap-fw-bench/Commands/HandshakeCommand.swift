import ArgumentParser
import DTLS
import Foundation
import LinkEmulator

struct HandshakeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handshake",
        abstract: "DTLS-PSK handshakes over lossy links: how long they take, and how many bytes.",
        discussion: """
            Client and server sessions as they ship, over the link model, all of a row at once and in real time, \
            because GnuTLS's timers are. Each handshake has a link of its own. Ends with 1 if one did not complete.
            """
    )

    @Option(help: "Handshakes for every row.")
    var count = 300

    @Option(help: "The first seed; the others follow.")
    var firstSeed: UInt64 = 1

    @Option(help: "Only this link: sat, nb-iot, mesh or lte.")
    var link: LinkPreset?

    @Option(help: "Only this loss each way, 0 to 0.5.")
    var loss: Double?

    func validate() throws {
        guard (1...10_000).contains(count) else { throw ValidationError("--count must be 1 to 10000.") }
        guard loss.map({ (0...0.5).contains($0) }) ?? true else { throw ValidationError("--loss must be 0 to 0.5.") }
    }

    func run() throws {
        print("| link | loss each way | round trip known before | p50 | p90 | worst | bytes, mean | completed |")
        print("|---|---|---|---|---|---|---|---|")
        var failed = 0
        for preset in LinkPreset.allCases where link == nil || preset == link {
            for loss in loss.map({ [$0] }) ?? [0, 0.1, 0.2] {
                for isKnown in [false, true] {
                    let results = try HandshakeRun(
                        preset: preset,
                        loss: loss,
                        isRoundTripKnown: isKnown,
                        seeds: firstSeed..<firstSeed + UInt64(count)
                    ).run()
                    print(line(preset, loss, isKnown, results))
                    failed += results.count { $0.time == nil }
                }
            }
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private func line(
        _ preset: LinkPreset,
        _ loss: Double,
        _ isKnown: Bool,
        _ results: [HandshakeRun.Result]
    ) -> String {
        let times = results.compactMap(\.time).map(\.inSeconds).sorted()
        func quantile(_ share: Double) -> String {
            guard !times.isEmpty else { return "–" }
            return Text.fixed(times[min(times.count - 1, Int(Double(times.count) * share))], 2) + " s"
        }
        let bytes = Double(results.map(\.bytes).reduce(0, +)) / Double(max(1, results.count))
        let cells = [
            preset.rawValue, Text.percent(loss), isKnown ? "yes" : "no", quantile(0.5), quantile(0.9), quantile(1),
            Text.fixed(bytes, 0), "\(times.count) of \(results.count)",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
