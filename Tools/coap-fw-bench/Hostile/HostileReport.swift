/// What a hostile run showed, and whether it is as good as is asked.
struct HostileReport {
    /// The goodput under attack, of that without.
    static let leastGoodput = 0.8
    /// Memory afterwards, of that before.
    static let mostMemory = 1.25

    let result: HostileRun.Result

    var isGood: Bool {
        result.isAlive && result.goodputRatio >= Self.leastGoodput && result.attacked.wrongBlocks == 0
            && result.failedUpdates.isEmpty
            && result.serverBytesAfter <= result.serverBytesBefore * Self.mostMemory
    }

    var markdown: String {
        var lines = [
            "| | goodput | images | wrong blocks | sessions lost | sent again | longest wait | processors: "
                + "server, generator "
                + "| server's memory |",
            "|---|---|---|---|---|---|---|---|---|",
            line("without attack", result.calm), line("attacked", result.attacked), "",
        ]
        lines += result.attacks.map { "- \($0)" }
        lines += [
            "",
            "Goodput: \(Text.fixed(result.goodputRatio, 2)) of that without attack (asked: ≥ "
                + "\(Text.fixed(Self.leastGoodput, 2))). "
                + "Memory before and after: \(mebibytes(result.serverBytesBefore)), "
                + "\(mebibytes(result.serverBytesAfter)) MiB. "
                + "Updates by coap-fw-client beside it: \(result.updates), failed: \(result.failedUpdates.count). "
                + (result.isAlive ? "The server serves." : "**The server does not serve any more.**"),
        ]
        lines += result.failedUpdates.prefix(5).map { "- failed: \($0)" }
        return lines.joined(separator: "\n")
    }

    private func line(_ name: String, _ phase: HostileRun.Phase) -> String {
        let cells = [
            name, "\(Text.fixed(phase.bytesPerSecond / 1024, 0)) KiB/s", "\(phase.images)", "\(phase.wrongBlocks)",
            "\(phase.losses)", "\(phase.retransmissions)", "\(Text.fixed(phase.longestWaitSeconds, 2)) s",
            "\(Text.fixed(phase.serverProcessorShare, 2)), \(Text.fixed(phase.generatorProcessorShare, 2))",
            "\(mebibytes(phase.serverBytes)) MiB",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func mebibytes(_ bytes: Double) -> String { Text.fixed(bytes / 1_048_576, 1) }
}
