import LinkEmulator

/// Goodput over loss, a panel for each link: ours (mean, and the range over the seeds), the stop-and-wait model, the
/// limit.
struct GoodputPlot {
    private let results: [ExperimentResult]
    private let width = 230.0
    private let height = 200.0
    private let margin = 50.0

    private let peers: [PeerResult]

    /// - Parameters:
    ///   - results: of the transfer engine.
    ///   - peers: measured in real time; shown on the panels of their links.
    init(_ results: [ExperimentResult], peers: [PeerResult]?) {
        self.peers = peers ?? []
        self.results = results.filter { $0.experiment.kind == .matrix }
    }

    func text() -> String {
        let presets = LinkPreset.allCases.filter { preset in
            results.contains { $0.experiment.scenario.name == preset.rawValue }
        }
        let total = margin + Double(max(1, presets.count)) * (width + margin)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(n(total)) 345\" font-family=\"sans-serif\""
                + " font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(n(margin))\" y=\"22\" font-size=\"15\">Goodput over loss each way, as a share of what the wire"
                + " can carry</text>",
        ]
        for (index, preset) in presets.enumerated() {
            lines += panel(preset, left: margin + Double(index) * (width + margin))
        }
        lines += legend(y: 312)
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private func panel(_ preset: LinkPreset, left: Double) -> [String] {
        let top = 55.0
        let cells = results.filter { $0.experiment.scenario.name == preset.rawValue }
            .sorted { $0.experiment.scenario.loss < $1.experiment.scenario.loss }
        func x(_ loss: Double) -> Double { left + width * loss / 0.2 }
        func y(_ share: Double) -> Double { top + height * (1 - share) }
        func path(_ points: [(Double, Double)]) -> String {
            points.map { "\(n(x($0.0))),\(n(y($0.1)))" }.joined(separator: " ")
        }
        let size = (cells.first?.experiment.scenario.imageBytes ?? 0) >> 10
        var lines = ["<text x=\"\(n(left))\" y=\"\(n(top - 10))\">\(preset.rawValue), \(size) KiB</text>"]
        for tick in [0, 0.25, 0.5, 0.75, 1] {
            lines.append(
                "<line x1=\"\(n(left))\" x2=\"\(n(left + width))\" y1=\"\(n(y(tick)))\" y2=\"\(n(y(tick)))\""
                    + " stroke=\"#dddddd\"/>"
            )
            lines.append(
                "<text x=\"\(n(left - 6))\" y=\"\(n(y(tick) + 4))\" text-anchor=\"end\">\(Text.fixed(tick * 100, 0))"
                    + "</text>"
            )
        }
        for loss in [0, 0.05, 0.1, 0.2] {
            lines.append(
                "<text x=\"\(n(x(loss)))\" y=\"\(n(top + height + 16))\" text-anchor=\"middle\">"
                    + "\(Text.percent(loss))</text>"
            )
        }
        let band =
            cells.map { ($0.experiment.scenario.loss, $0.share.greatest) }
            + cells.reversed().map { ($0.experiment.scenario.loss, $0.share.least) }
        let ours = cells.map { ($0.experiment.scenario.loss, $0.share.mean) }
        let model = cells.map {
            ($0.experiment.scenario.loss, StopAndWaitModel.shareOfLimit(scenario: $0.experiment.scenario))
        }
        lines.append(
            "<line x1=\"\(n(left))\" x2=\"\(n(left + width))\" y1=\"\(n(y(1)))\" y2=\"\(n(y(1)))\" stroke=\"#444444\"/>"
        )
        lines.append("<polygon points=\"\(path(band))\" fill=\"#1f77b4\" fill-opacity=\"0.2\"/>")
        lines.append("<polyline points=\"\(path(ours))\" fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"2\"/>")
        lines.append(
            "<polyline points=\"\(path(model))\" fill=\"none\" stroke=\"#d62728\" stroke-width=\"2\""
                + " stroke-dasharray=\"5 3\"/>"
        )
        for peer in peers where peer.link == preset.rawValue {
            func mark(_ seconds: Double, _ color: String, isComplete: Bool) -> String {
                "<circle cx=\"\(n(x(peer.loss)))\" cy=\"\(n(y(min(1, peer.limitSeconds / seconds))))\" r=\"4\""
                    + " stroke=\"\(color)\" fill=\"\(isComplete ? color : "white")\"/>"
            }
            lines.append(mark(peer.seconds, Self.oursMeasured, isComplete: true))
            lines.append(mark(peer.libcoap.seconds, Self.libcoapMeasured, isComplete: peer.libcoap.isComplete))
            lines.append(mark(peer.aiocoap.seconds, Self.aiocoapMeasured, isComplete: peer.aiocoap.isComplete))
        }
        return lines
    }

    private static let oursMeasured = "#2ca02c"
    private static let libcoapMeasured = "#ff7f0e"
    private static let aiocoapMeasured = "#9467bd"

    private func legend(y: Double) -> [String] {
        let entries = [
            ("#444444", "limit"), ("#1f77b4", "this engine: mean, and range over the seeds"),
            ("#d62728", "stop-and-wait (model, RFC 7252 timers)"),
        ]
        var lines: [String] = []
        if !peers.isEmpty {
            var x = margin
            for (color, text) in [
                (Self.oursMeasured, "measured in real time, whole: coap-fw-client, update to committed"),
                (Self.libcoapMeasured, "coap-client-gnutls"),
                (Self.aiocoapMeasured, "aiocoap-client (hollow: not done in the time, at most this)"),
            ] {
                lines.append("<circle cx=\"\(n(x + 9))\" cy=\"\(n(y + 13))\" r=\"4\" fill=\"\(color)\"/>")
                lines.append("<text x=\"\(n(x + 24))\" y=\"\(n(y + 17))\">\(text)</text>")
                x += 60 + Double(text.count) * 6.5
            }
        }
        var x = margin
        for (color, text) in entries {
            lines.append("<rect x=\"\(n(x))\" y=\"\(n(y - 9))\" width=\"18\" height=\"4\" fill=\"\(color)\"/>")
            lines.append("<text x=\"\(n(x + 24))\" y=\"\(n(y - 2))\">\(text)</text>")
            x += 60 + Double(text.count) * 6.5
        }
        return lines
    }

    private func n(_ value: Double) -> String { Text.fixed(value, 1) }
}
