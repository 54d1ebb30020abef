import LinkEmulator

/// A scenario, the figures wanted of it, and what they should be.
struct Experiment {
    enum Kind: String, CaseIterable {
        case matrix
        case small
        case bursts
        case fairness
        case shallow
        case competitor
        case cut
        case jitter
        case long
        case dip
        case asymmetric
        case crowd
    }

    var kind: Kind
    var scenario: Scenario
    var goals = Goals()
    /// Seeds differ in the time between the starts of the clients, up to this many block times.
    var staggerBlocks = 0

    /// nil: no goal.
    struct Goals {
        /// Goodput over the limit.
        var meanShare: Double?
        var worstShare: Double?
        /// Times 1/(1 − p)².
        var meanRequests: Double?
        var meanJain: Double?
        var meanBusy: Double?
        /// Blocks.
        var meanQueue: Double?
        /// Share of the blocks.
        var drops: Double?
        /// Begun by each client.
        var handshakes: Double?
        /// Of what it reaches there alone.
        var competitorShare: Double?
        /// Round trips of the slower link.
        var drainRoundTrips: Double?
    }

    var title: String {
        let size = scenario.imageBytes >> 10
        let queue = kind == .competitor ? ", queue \(scenario.queueBytes >> 10) KiB" : ""
        return "\(kind.rawValue) \(scenario.name) \(size) KiB, loss \(Text.percent(scenario.loss))\(queue)"
    }

    /// Whether the goal is near what is possible at all.
    private var hasCeiling: Bool { kind == .jitter || kind == .long }

    func run(seeds: Range<UInt64>) throws -> ExperimentResult {
        var runs: [RunResult] = []
        var ceilings: [Double] = []
        for seed in seeds {
            var scenario = scenario
            // 37 is coprime to 61: the seeds go through all of them.
            if staggerBlocks > 0 {
                scenario.stagger = .seconds(Double(seed &* 37 % UInt64(staggerBlocks + 1)) * scenario.blockSeconds)
            }
            var run = try TransferSimulation(scenario, seed: seed).run()
            if scenario.competitors > 0 {
                run.renoAlone = try Self.renoShare(of: scenario, flows: 1, seconds: run.endedAt, seed: seed)
                run.renoBesideReno = try Self.renoShare(of: scenario, flows: 2, seconds: run.endedAt, seed: seed)
            }
            runs.append(run)
            if hasCeiling { ceilings.append(try Oracle.share(of: scenario, seed: seed)) }
        }
        var result = ExperimentResult(experiment: self, runs: runs)
        result.ceiling = Summary(values: ceilings)
        return result
    }

    /// What the competitor reaches in the same queue and time without us, alone or beside its like: its share of the
    /// link.
    private static func renoShare(of scenario: Scenario, flows: Int, seconds: Double, seed: UInt64) throws -> Double {
        var scenario = scenario
        scenario.clients = 0
        scenario.competitors = flows
        scenario.givenUpAfter = seconds
        let run = try TransferSimulation(scenario, seed: seed).run()
        return Double(run.competitorBlocks.first ?? 0) * scenario.blockSeconds / seconds
    }
}

extension Experiment.Kind {
    var heading: String {
        switch self {
        case .matrix: "Goodput over the limit, one client"
        case .small: "Images of 32 KiB"
        case .bursts: "Loss in bursts of 4 on average"
        case .fairness: "Three clients that start up to 60 block times apart"
        case .shallow: "A tail-drop queue of 4 blocks"
        case .competitor: "Against a Reno-like flow, queues of 8, 16 and 64 KiB"
        case .cut: "The rate falls to a tenth in mid-transfer"
        case .jitter: "Jitter each way; datagrams overtake each other, or not (in order)"
        case .long: "Long paths"
        case .dip: "The rate falls from 250 to 40 kbit/s in mid-transfer and comes back"
        case .asymmetric: "A tenth of the rate upwards"
        case .crowd: "Many clients that start within two seconds, a queue of 128 KiB"
        }
    }
}
