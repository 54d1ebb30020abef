/// Results as lines of a table.
enum ResultTable {
    static var header: String {
        columns.map { Text.right($0.title, $0.width) }.joined(separator: " ")
    }

    static func line(_ result: ExperimentResult) -> String {
        let missed = result.checks.filter { !$0.isMet }.map { "\($0.name) wants \(Text.fixed($0.goal, 3))" }
        let failures = result.failures > 0 ? ["\(result.failures) failed"] : []
        let notes = (missed + failures).joined(separator: ", ") + (result.isOutOfReach ? ": out of reach" : "")
        return columns.map { Text.right($0.value(result), $0.width) }.joined(separator: " ")
            + (notes.isEmpty ? "" : "  MISSED: \(notes)")
    }

    private struct Column: Sendable {
        var title: String
        var width: Int
        var value: @Sendable (ExperimentResult) -> String
    }

    private static let columns: [Column] = [
        Column(title: "link", width: 20) { $0.experiment.scenario.name },
        Column(title: "KiB", width: 5) { "\($0.experiment.scenario.imageBytes >> 10)" },
        Column(title: "loss", width: 5) { Text.percent($0.experiment.scenario.loss) },
        Column(title: "goal", width: 5) { $0.experiment.goals.meanShare.map { Text.fixed($0, 2) } ?? "" },
        Column(title: "most", width: 5) { $0.ceiling.values.isEmpty ? "" : Text.fixed($0.ceiling.mean, 3) },
        Column(title: "share", width: 6) { Text.fixed($0.share.mean, 3) },
        Column(title: "worst", width: 6) { Text.fixed($0.share.least, 3) },
        Column(title: "seconds", width: 8) { Text.fixed($0.seconds.mean, 1) },
        Column(title: "req·(1-p)²", width: 10) { Text.fixed($0.requests.mean, 3) },
        Column(title: "queue", width: 6) { Text.fixed($0.queue.mean, 1) },
        Column(title: "peak", width: 5) { Text.fixed($0.peakQueue.greatest, 1) },
        Column(title: "busy", width: 6) { Text.fixed($0.busy.mean, 3) },
        Column(title: "drops", width: 6) { Text.fixed($0.drops.mean, 3) },
        Column(title: "hello", width: 5) { result in
            result.experiment.scenario.hasHandshakes ? Text.fixed(result.handshakes.mean, 2) : ""
        },
        Column(title: "jain", width: 6) { result in
            result.experiment.scenario.clients > 1 ? Text.fixed(result.jain.mean, 3) : ""
        },
        Column(title: "reno", width: 6) { result in
            result.experiment.kind == .competitor ? Text.fixed(result.competitorShare.mean, 3) : ""
        },
        Column(title: "alone", width: 6) { result in
            result.experiment.kind == .competitor ? Text.fixed(result.renoAlone.mean, 3) : ""
        },
        Column(title: "2reno", width: 6) { result in
            result.experiment.kind == .competitor ? Text.fixed(result.renoBesideReno.mean, 3) : ""
        },
        Column(title: "drain", width: 6) { result in
            result.experiment.goals.drainRoundTrips != nil ? Text.fixed(result.drainRoundTrips.mean, 1) : ""
        },
    ]
}
