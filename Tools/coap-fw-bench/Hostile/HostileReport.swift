/// What a hostile run showed, and whether it is as good as is asked.
struct HostileReport {
    /// The goodput under attack, of that without.
    static let leastGoodput = 0.8
    /// Memory afterwards, of that before.
    static let mostMemory = 1.25

    /// What is asked, what was seen, and whether that will do.
    struct Row {
        var text: String
        var asked: String
        var seen: String
        var isMet: Bool

        var line: String { "| \(text) | \(asked) | \(seen) | \(isMet ? "yes" : "**no**") |" }
    }

    let result: HostileRun.Result

    var isGood: Bool { rows.allSatisfy(\.isMet) }

    var rows: [Row] {
        let losses = result.calm.losses + result.attacked.losses + result.lossesAfter
        let wrong = result.calm.wrongBlocks + result.attacked.wrongBlocks
        let files = result.files
        let memory = (result.serverBytesAfter.last?.last ?? .nan) / result.serverBytesBefore
        return [
            Row(
                text: "honest goodput, of that without attack",
                asked: "≥ \(Text.fixed(Self.leastGoodput, 2))",
                seen: Text.fixed(result.goodputRatio, 2),
                isMet: result.goodputRatio >= Self.leastGoodput
            ),
            Row(text: "blocks that are not the release's", asked: "0", seen: "\(wrong)", isMet: wrong == 0),
            Row(text: "honest sessions lost", asked: "0", seen: "\(losses)", isMet: losses == 0),
            Row(
                text: "updates by coap-fw-client, failed",
                asked: "0",
                seen: "\(result.failedUpdates.count) of \(result.updates + result.failedUpdates.count)",
                isMet: result.failedUpdates.isEmpty
            ),
            Row(
                text: "changes of keys and releases on a full disk: refused, and nothing lost",
                asked: "all",
                seen: "\(files.refused) in \(files.fullRounds) of \(files.rounds) rounds, "
                    + "\(files.failures.count) failures",
                isMet: files.failures.isEmpty
            ),
            Row(
                text: "memory afterwards, of that before (\(mebibytes(result.serverBytesBefore)) MiB)",
                asked: "≤ \(Text.fixed(Self.mostMemory, 2))",
                seen: Text.fixed(memory, 2),
                isMet: memory <= Self.mostMemory
            ),
            Row(text: "the server serves", asked: "yes", seen: result.isAlive ? "yes" : "no", isMet: result.isAlive),
        ]
    }

    var markdown: String {
        var lines = ["| beside hostile peers | asked | seen | met |", "|---|---|---|---|"] + rows.map(\.line)
        lines += [
            "",
            "| | goodput | images | sent again | longest wait | processors: server, generator | server's memory |",
            "|---|---|---|---|---|---|---|",
            line("without attack", result.calm), line("attacked", result.attacked), "",
            "Memory after the attack: "
                + result.serverBytesAfter.map { "\(mebibytes($0[1])) MiB after \(Text.fixed($0[0], 0)) s" }
                .joined(separator: ", ") + ".",
            "",
        ]
        lines += result.attacks.map { "- \($0)" }
        lines += result.failedUpdates.prefix(5).map { "- failed: \($0)" }
        lines += result.files.failures.prefix(5).map { "- files: \($0)" }
        return lines.joined(separator: "\n")
    }

    private func line(_ name: String, _ phase: HostileRun.Phase) -> String {
        let cells = [
            name, "\(Text.fixed(phase.bytesPerSecond / 1024, 0)) KiB/s", "\(phase.images)",
            "\(phase.retransmissions)", "\(Text.fixed(phase.longestWaitSeconds, 2)) s",
            "\(Text.fixed(phase.serverProcessorShare, 2)), \(Text.fixed(phase.generatorProcessorShare, 2))",
            "\(mebibytes(phase.serverBytes)) MiB",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func mebibytes(_ bytes: Double) -> String { Text.fixed(bytes / 1_048_576, 1) }
}
