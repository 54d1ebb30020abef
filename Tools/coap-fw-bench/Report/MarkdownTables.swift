import LinkEmulator

/// The tables of the transfer engine in `docs/measurements.md`.
struct MarkdownTables {
    private let results: [ExperimentResult]

    init(_ results: [ExperimentResult]) {
        self.results = results
    }

    func text() -> String {
        var lines = [
            "| link, image | 0 % | 1 % | 5 % | 10 % | 20 % | bursts of 4, 10 % |", "|---|---|---|---|---|---|---|",
        ]
        for kind in [Experiment.Kind.matrix, .small] {
            for preset in LinkPreset.allCases {
                let row = self.results(kind, preset)
                guard let first = row.first else { continue }
                var cells = ["`\(preset.rawValue)`, \(size(first))"]
                cells += row.map { share($0.share) }
                let bursts = self.results(.bursts, preset).filter { $0.experiment.scenario.loss == 0.1 }
                cells.append(kind == .matrix ? bursts.first.map { share($0.share) } ?? "" : "")
                lines.append("| " + cells.joined(separator: " | ") + " |")
            }
        }
        lines += ["", "| what | \(LinkPreset.allCases.map { "`\($0.rawValue)`" }.joined(separator: " | ")) |"]
        lines.append("|---|" + LinkPreset.allCases.map { _ in "---|" }.joined())
        lines += [
            row("requests per block, times (1 − p)², most of the first table's rows", .matrix) {
                decimals($0.map(\.requests.mean).max(), 2)
            },
            row("three clients: Jain index, least of 0, 5, 20 % loss", .fairness) {
                decimals($0.map(\.jain.mean).min(), 3)
            },
            row("three clients: link busy, least", .fairness) { decimals($0.map(\.busy.mean).min(), 3) },
            row("three clients: standing queue, blocks, most (allowed)", .fairness) { results in
                let most = results.max { $0.queue.mean < $1.queue.mean }
                let allowed = most?.experiment.goals.meanQueue
                return decimals(most?.queue.mean, 1) + (allowed.map { " (\(Text.fixed($0, 1)))" } ?? "")
            },
            row("queue of 4 blocks, no loss: blocks dropped, worst seed", .shallow) { results in
                decimals(results.filter { $0.experiment.scenario.loss == 0 }.map(\.drops.greatest).max(), 3)
            },
            row("queue of 4 blocks, 5 % loss: blocks dropped, mean", .shallow) { results in
                decimals(results.filter { $0.experiment.scenario.loss > 0 }.map(\.drops.mean).max(), 3)
            },
        ]
        for kib in [8, 16, 64] {
            lines.append(
                row("share of a Reno-like flow beside it, queue of \(kib) KiB, worst seed", .competitor) { results in
                    let cells = results.filter { $0.experiment.scenario.queueBytes == kib << 10 }
                    return decimals(cells.map(\.competitorShare.least).min(), 2)
                }
            )
        }
        lines.append(
            row("rate cut to a tenth: queue drained, round trips, most", .cut) {
                decimals($0.map(\.drainRoundTrips.mean).max(), 1)
            }
        )
        lines += shareTable() + crowdTable()
        return lines.joined(separator: "\n") + "\n"
    }

    /// Links with jitter and long ones, at each loss: what was reached, what was wanted, and what no client can exceed.
    private func shareTable() -> [String] {
        var lines = [
            "", "| link, image | loss each way | share, mean / worst | goal | most possible |", "|---|---|---|---|---|",
        ]
        for kind in [Experiment.Kind.jitter, .long, .dip, .asymmetric] {
            for result in results where result.experiment.kind == kind {
                let scenario = result.experiment.scenario
                let cells = [
                    "\(scenario.name), \(size(result))", Text.percent(scenario.loss), share(result.share),
                    decimals(result.experiment.goals.meanShare, 2),
                    result.ceiling.values.isEmpty ? "" : Text.fixed(result.ceiling.mean, 3),
                ]
                lines.append("| " + cells.joined(separator: " | ") + " |")
            }
        }
        return lines
    }

    private func crowdTable() -> [String] {
        var lines = [
            "",
            "| clients at once, image | loss each way | Jain index | drops per block, worst seed | handshakes | busy |",
            "|---|---|---|---|---|---|",
        ]
        for result in results where result.experiment.kind == .crowd {
            let cells = [
                "\(result.experiment.scenario.name), \(size(result))", Text.percent(result.experiment.scenario.loss),
                Text.fixed(result.jain.mean, 3), Text.fixed(result.drops.greatest, 3),
                Text.fixed(result.handshakes.mean, 2), Text.fixed(result.busy.mean, 3),
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines
    }

    private func results(_ kind: Experiment.Kind, _ preset: LinkPreset) -> [ExperimentResult] {
        results.filter { $0.experiment.kind == kind && $0.experiment.scenario.name == preset.rawValue }
    }

    private func row(_ title: String, _ kind: Experiment.Kind, _ cell: ([ExperimentResult]) -> String) -> String {
        let cells = LinkPreset.allCases.map { cell(results(kind, $0)) }
        return "| \(title) | " + cells.joined(separator: " | ") + " |"
    }

    private func size(_ result: ExperimentResult) -> String {
        let kib = result.experiment.scenario.imageBytes >> 10
        return kib >= 1024 ? "\(kib >> 10) MiB" : "\(kib) KiB"
    }

    private func share(_ share: Summary) -> String {
        "\(Text.fixed(share.mean, 3)) / \(Text.fixed(share.least, 3))"
    }

    private func decimals(_ value: Double?, _ digits: Int) -> String { value.map { Text.fixed($0, digits) } ?? "" }
}
