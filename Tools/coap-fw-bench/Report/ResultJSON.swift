/// Results as JSON: one object with an array of experiments.
enum ResultJSON {
    static func text(_ results: [ExperimentResult], seeds: Int, firstSeed: UInt64) -> String {
        let body = results.map { "    " + object($0) }.joined(separator: ",\n")
        return "{\n  \"seeds\": \(seeds),\n  \"firstSeed\": \(firstSeed),\n  \"experiments\": [\n\(body)\n  ]\n}\n"
    }

    private static func object(_ result: ExperimentResult) -> String {
        let experiment = result.experiment
        let scenario = experiment.scenario
        var fields = [
            "\"kind\": \"\(experiment.kind.rawValue)\"",
            "\"link\": \"\(scenario.name)\"",
            "\"loss\": \(number(scenario.loss))",
            "\"imageBytes\": \(scenario.imageBytes)",
            "\"clients\": \(scenario.clients)",
            "\"failures\": \(result.failures)",
            "\"met\": \(result.isMet)",
        ]
        let model = StopAndWaitModel.shareOfLimit(scenario: scenario)
        fields.append("\"limitSeconds\": \(number(scenario.limitSeconds))")
        fields.append("\"stopAndWaitModelShare\": \(number(model))")
        fields += [
            summary("seconds", result.seconds), summary("share", result.share),
            summary("mostPossibleShare", result.ceiling), summary("requestsTimesSuccess", result.requests),
            summary("queueBlocks", result.queue),
            summary("peakQueueBlocks", result.peakQueue), summary("busy", result.busy),
            summary("jain", result.jain), summary("dropsPerBlock", result.drops),
            summary("handshakes", result.handshakes),
            summary("competitorShare", result.competitorShare), summary("renoAlone", result.renoAlone),
            summary("renoBesideReno", result.renoBesideReno),
            summary("drainRoundTrips", result.drainRoundTrips),
        ]
        let goals = result.checks.map { "\"\($0.name)\": \(number($0.goal))" }.joined(separator: ", ")
        fields.append("\"goals\": {\(goals)}")
        return "{" + fields.joined(separator: ", ") + "}"
    }

    private static func summary(_ name: String, _ summary: Summary) -> String {
        "\"\(name)\": {\"mean\": \(number(summary.mean)), \"least\": \(number(summary.least)), "
            + "\"greatest\": \(number(summary.greatest))}"
    }

    private static func number(_ value: Double) -> String {
        value.isFinite ? Text.fixed(value, 5) : "null"
    }
}
