import HostSupport
import UpdateClient

/// Tells a person how far the update is: one line that changes on a terminal, log lines otherwise.
struct ProgressReporter {
    let isSilent: Bool
    private var lastState: UpdateState?
    private var lastReport: Duration = .zero
    private var lastChannels = 0
    private var lastRestarts = 0
    private var hasLine = false
    private var meter = RateMeter()

    init(isSilent: Bool) {
        self.isSilent = isSilent
    }

    mutating func report(_ state: UpdateState, _ statistics: UpdateStatistics, now: Duration) {
        guard !isSilent else { return }
        if state == .downloading { meter.note(stored: statistics.blocksStored, now: now) }
        if statistics.restarts != lastRestarts {
            lastRestarts = statistics.restarts
            end()
            if let cause = statistics.lastRestart { Console.report("the download begins again: \(cause.text)") }
        }
        let interval: Duration = Console.isTerminal ? .milliseconds(200) : .seconds(2)
        let hasNews = state != lastState || statistics.channelsOpened != lastChannels
        guard hasNews || now - lastReport >= interval else { return }
        guard hasNews || state == .downloading else { return }
        lastState = state
        lastReport = now
        lastChannels = statistics.channelsOpened
        let parts = parts(state, statistics)
        let line = Self.line(of: parts, columns: Console.isTerminal ? Console.columns : nil)
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

    private func parts(_ state: UpdateState, _ statistics: UpdateStatistics) -> [String] {
        switch state {
        case .idle: ["idle"]
        case .connecting:
            statistics.channelsOpened > 1
                ? ["connecting", "attempt \(statistics.channelsOpened)"]
                    + (statistics.lastChannelDown.map { [$0.shortText] } ?? [])
                : ["connecting"]
        case .checking: ["checking"]
        case .downloading: downloadParts(statistics)
        case .verifying: ["verifying"]
        case .committed: ["installed"]
        case .trial: ["running on trial"]
        case .confirmed: ["confirmed"]
        case .rolledBack: ["rolled back"]
        }
    }

    private func downloadParts(_ statistics: UpdateStatistics) -> [String] {
        let total = statistics.blocksTotal
        var parts = ["downloading: \(statistics.blocksStored)\(total.map { " of \($0)" } ?? "") blocks"]
        if let seconds = meter.secondsPerBlock {
            if let total {
                let left = Double(Int(total) - Int(statistics.blocksStored)) * seconds
                parts.append("\(Duration.seconds(left).text) left")
            }
            parts.append("\(Int(Double(statistics.blockSizeBytes) / seconds * 8 / 1000)) kbit/s")
            parts.append("loss \(statistics.lossPer256 * 100 / 256) %")
        }
        if statistics.resumedBlocks > 0 { parts.append("\(statistics.resumedBlocks) were there") }
        return parts
    }

    /// As many of the parts, from the first, as a terminal of so many columns has room for.
    private static func line(of parts: [String], columns: Int?) -> String {
        guard let columns else { return parts.joined(separator: ", ") }
        var parts = parts
        // The last column stays free: some terminals begin a new line at it.
        while parts.count > 1, parts.joined(separator: ", ").count >= columns { parts.removeLast() }
        return String(parts.joined(separator: ", ").prefix(max(1, columns - 1)))
    }
}

extension RestartCause {
    /// Why the download begins again, for a person.
    fileprivate var text: String {
        switch self {
        case .otherImage: "the server has another image now"
        case .damaged: "what came was damaged or forged on the way"
        case .contradicted: "what an earlier run left in flash is damaged"
        }
    }
}
