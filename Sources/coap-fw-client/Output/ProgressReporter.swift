import HostSupport
import UpdateClient

/// Tells a person how far the update is: one line that changes on a terminal, log lines otherwise.
struct ProgressReporter {
    let isSilent: Bool
    private var lastState: UpdateState?
    private var lastReport: Duration = .zero
    private var lastChannels = 0
    private var hasLine = false

    init(isSilent: Bool) {
        self.isSilent = isSilent
    }

    mutating func report(_ state: UpdateState, _ statistics: UpdateStatistics, now: Duration) {
        guard !isSilent else { return }
        let interval: Duration = Console.isTerminal ? .milliseconds(200) : .seconds(2)
        let hasNews = state != lastState || statistics.channelsOpened != lastChannels
        guard hasNews || now - lastReport >= interval else { return }
        guard hasNews || state == .downloading else { return }
        lastState = state
        lastReport = now
        lastChannels = statistics.channelsOpened
        let line = text(state, statistics)
        if Console.isTerminal {
            Console.progress(line)
            hasLine = true
        } else {
            Console.report(line)
        }
    }

    mutating func end() {
        if hasLine { Console.progress("") }
        hasLine = false
    }

    private func text(_ state: UpdateState, _ statistics: UpdateStatistics) -> String {
        switch state {
        case .idle: "idle"
        case .connecting:
            statistics.channelsOpened > 1 ? "connecting, attempt \(statistics.channelsOpened)" : "connecting"
        case .checking: "checking"
        case .downloading: downloadText(statistics)
        case .verifying: "verifying"
        case .committed: "committed"
        case .trial: "running on trial"
        case .confirmed: "confirmed"
        case .rolledBack: "rolled back"
        }
    }

    private func downloadText(_ statistics: UpdateStatistics) -> String {
        var parts: [String] = []
        let total = statistics.blocksTotal
        parts.append("\(statistics.blocksStored)\(total.map { " of \($0)" } ?? "") blocks")
        let fetched = Int(statistics.blocksStored) - Int(statistics.resumedBlocks)
        let elapsed = statistics.transferTime.seconds
        if fetched > 0, elapsed > 0 {
            let rate = Double(fetched * statistics.blockSizeBytes) / elapsed
            parts.append("\(Int(rate * 8 / 1000)) kbit/s")
            parts.append("loss \(statistics.lossPer256 * 100 / 256) %")
            if let total, rate > 0 {
                let left = Double(Int(total) - Int(statistics.blocksStored)) * Double(statistics.blockSizeBytes) / rate
                parts.append("\(Duration.seconds(left).text) left")
            }
        }
        if statistics.resumedBlocks > 0 { parts.append("\(statistics.resumedBlocks) were there") }
        return "downloading: " + parts.joined(separator: ", ")
    }
}
