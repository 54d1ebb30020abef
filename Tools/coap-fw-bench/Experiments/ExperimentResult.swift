/// Mean, least and greatest of some figures.
struct Summary {
    var values: [Double]

    var mean: Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }
    var least: Double { values.min() ?? .nan }
    var greatest: Double { values.max() ?? .nan }
}

/// The figures of one experiment over all its seeds.
struct ExperimentResult {
    var experiment: Experiment
    /// Runs in which a client did not come to the end.
    var failures = 0
    var seconds: Summary
    /// Goodput over the limit; of several clients, of all together.
    var share: Summary
    /// What no client can exceed, see ``Oracle``; without values: not asked.
    var ceiling = Summary(values: [])
    /// Requests per block, times (1 − p)².
    var requests: Summary
    /// Mean length, in blocks.
    var queue: Summary
    var peakQueue: Summary
    /// Share of the time in which the link was sending.
    var busy: Summary
    /// Of the blocks each client got while all were active.
    var jain: Summary
    /// Answers that found the queue full, per block.
    var drops: Summary
    /// Begun by each client, on average.
    var handshakes: Summary
    /// What the competitor had of the link: beside us, alone, and beside another one like it.
    var competitorShare: Summary
    var renoAlone: Summary
    var renoBesideReno: Summary
    /// Until the queue was one pipe and eight blocks, in round trips of the slower link.
    var drainRoundTrips: Summary

    init(experiment: Experiment, runs: [RunResult]) {
        self.experiment = experiment
        let scenario = experiment.scenario
        let blocks = Double((scenario.imageBytes + 1023) / 1024) * Double(scenario.clients)
        let success = (1 - scenario.loss) * (1 - scenario.loss)
        let limit = scenario.limitSeconds
        let whole = runs.filter { $0.clients.allSatisfy { $0.seconds != nil } }
        failures = runs.count - whole.count
        seconds = Summary(values: whole.map(\.endedAt))
        share = Summary(values: whole.map { limit / $0.endedAt })
        requests = Summary(
            values: whole.map { run in
                Double(run.clients.map(\.requests).reduce(0, +)) / blocks * success
            }
        )
        queue = Summary(values: whole.map(\.meanQueueBlocks))
        peakQueue = Summary(values: whole.map(\.peakQueueBlocks))
        busy = Summary(values: whole.map(\.busy))
        jain = Summary(values: whole.map { scenario.hasHandshakes ? Self.jainOfGoodput($0) : Self.jain($0) })
        drops = Summary(values: whole.map { Double($0.queueDrops) / blocks })
        handshakes = Summary(
            values: whole.map { Double($0.handshakes.reduce(0, +)) / Double(max(scenario.clients, 1)) }
        )
        competitorShare = Summary(
            values: whole.map { Double($0.competitorBlocks.min() ?? 0) * scenario.blockSeconds / $0.endedAt }
        )
        renoAlone = Summary(values: whole.map(\.renoAlone))
        renoBesideReno = Summary(values: whole.map(\.renoBesideReno))
        let slowRoundTrip =
            scenario.roundTripSeconds
            + scenario.blockSeconds / (scenario.rateChanges.map(\.factor).min() ?? 1)
        drainRoundTrips = Summary(values: whole.map { ($0.drainSeconds ?? 0) / slowRoundTrip })
    }

    private static func jain(_ run: RunResult) -> Double {
        let from = run.clients.map(\.startedAt).max() ?? 0
        let to = run.clients.compactMap(\.finishedAt).min() ?? 0
        let counts = run.clients.map { client in
            Double(client.arrivals.filter { $0 >= from && $0 <= to }.count)
        }
        return jain(counts)
    }

    /// Of each client's goodput from its first datagram to its last block.
    private static func jainOfGoodput(_ run: RunResult) -> Double {
        jain(run.clients.compactMap { $0.seconds.map { 1 / $0 } })
    }

    private static func jain(_ values: [Double]) -> Double {
        let squares = values.map { $0 * $0 }.reduce(0, +)
        let sum = values.reduce(0, +)
        return squares > 0 ? sum * sum / (Double(values.count) * squares) : 1
    }

    /// Each goal, what was measured for it, and whether that is enough.
    var checks: [(name: String, goal: Double, measured: Double, isMet: Bool)] {
        let goals = experiment.goals
        var checks: [(String, Double, Double, Bool)] = []
        func atLeast(_ name: String, _ goal: Double?, _ measured: Double) {
            if let goal { checks.append((name, goal, measured, measured >= goal)) }
        }
        func atMost(_ name: String, _ goal: Double?, _ measured: Double) {
            if let goal { checks.append((name, goal, measured, measured <= goal)) }
        }
        atLeast("share", goals.meanShare, share.mean)
        atLeast("worstShare", goals.worstShare, share.least)
        atMost("requests", goals.meanRequests, requests.mean)
        atLeast("jain", goals.meanJain, jain.mean)
        atLeast("busy", goals.meanBusy, busy.mean)
        atMost("queue", goals.meanQueue, queue.mean)
        atMost("drops", goals.drops, drops.greatest)
        atMost("handshakes", goals.handshakes, handshakes.mean)
        atLeast("competitorShare", goals.competitorShare, competitorShare.least / renoAlone.least)
        atMost("drainRoundTrips", goals.drainRoundTrips, drainRoundTrips.mean)
        return checks
    }

    var isMet: Bool { failures == 0 && checks.allSatisfy(\.isMet) }

    /// Whether nothing but the share is missed, and no client can reach it.
    var isOutOfReach: Bool {
        guard failures == 0, let goal = experiment.goals.meanShare, ceiling.mean < goal else { return false }
        return checks.allSatisfy { $0.isMet || $0.name == "share" }
    }
}
