import LinkEmulator

extension Experiment {
    static let losses = [0, 0.01, 0.05, 0.1, 0.2]

    /// The experiments of one kind. Cold: the round trip is unknown when block 0 is asked for; otherwise it is known
    /// from the DTLS handshake that comes before every transfer.
    static func all(_ kind: Kind, isCold: Bool) -> [Experiment] {
        let experiments =
            switch kind {
            case .jitter: jitter()
            case .long: long()
            case .dip: dip()
            case .asymmetric: asymmetric()
            case .crowd: crowd()
            case .matrix, .small, .bursts, .fairness, .shallow, .competitor, .cut:
                links(of: kind).flatMap { safety(kind, $0) }
            }
        return experiments.map { experiment in
            var experiment = experiment
            let roundTrip = experiment.scenario.delay * 2
            let isShown = isCold || experiment.scenario.hasHandshakes
            experiment.scenario.expectedRoundTrip = isShown ? nil : roundTrip
            return experiment
        }
    }

    /// The presets; for what must stay safe on every link also one that jitters.
    private static func links(of kind: Kind) -> [Scenario] {
        let presets = LinkPreset.allCases.map { preset in
            var scenario = Scenario(preset: preset)
            scenario.imageBytes = (preset == .nbIoT || preset == .lte ? 1024 : 256) << 10
            return scenario
        }
        switch kind {
        case .fairness, .shallow, .competitor, .cut, .bursts:
            return presets + [jittered(80), jittered(80, inOrder: true)]
        case .matrix, .small, .jitter, .long, .dip, .asymmetric, .crowd: return presets
        }
    }

    private static func safety(_ kind: Kind, _ base: Scenario) -> [Experiment] {
        func experiment(loss: Double = 0, _ change: (inout Experiment) -> Void) -> Experiment {
            var experiment = Experiment(kind: kind, scenario: base)
            experiment.scenario.loss = loss
            change(&experiment)
            return experiment
        }
        switch kind {
        case .matrix:
            return losses.map { loss in
                experiment(loss: loss) {
                    let goal = matrixGoal(base, loss: loss)
                    $0.goals.meanShare = goal
                    $0.goals.worstShare = 0.85 * goal
                    $0.goals.meanRequests = 1.05
                }
            }
        case .small:
            return losses.map { loss in experiment(loss: loss) { $0.scenario.imageBytes = 32 << 10 } }
        case .bursts:
            return [0.05, 0.1, 0.2].map { loss in
                experiment(loss: loss) {
                    $0.scenario.burst = 4
                    if loss == 0.1 { $0.goals.meanShare = 0.8 }
                }
            }
        case .fairness:
            return [0, 0.05, 0.2].map { loss in
                experiment(loss: loss) {
                    $0.scenario.clients = 3
                    $0.staggerBlocks = 60
                    $0.goals.meanJain = 0.9
                    $0.goals.meanBusy = 0.9
                    $0.goals.meanQueue = base.pipeBlocks + 8
                }
            }
        case .shallow:
            return [0, 0.05].map { loss in
                experiment(loss: loss) {
                    $0.scenario.queueBytes = 4 * (WireSizes.answerBytes(blockBytes: 1024) + WireSizes.headerBytes)
                    if loss == 0 { $0.goals.drops = 0.05 }
                }
            }
        case .competitor:
            return [8, 16, 64].map { queue in
                experiment {
                    $0.scenario.competitors = 1
                    $0.scenario.queueBytes = queue << 10
                    if base.rate > 1_000_000 { $0.scenario.imageBytes = 4096 << 10 }
                    $0.goals.competitorShare = 1.0 / 3
                }
            }
        case .cut:
            return [0, 0.05, 0.2].map { loss in
                experiment(loss: loss) {
                    let blocks = Double(base.imageBytes >> 10)
                    $0.scenario.rateChanges = [(.seconds(0.4 * blocks * base.blockSeconds), 0.1)]
                    $0.goals.drainRoundTrips = 10
                }
            }
        case .jitter, .long, .dip, .asymmetric, .crowd:
            return []
        }
    }

    private static func matrixGoal(_ base: Scenario, loss: Double) -> Double {
        let goals =
            switch LinkPreset(rawValue: base.name) {
            case .sat: (0.97, 0.93, 0.85)
            case .nbIoT: (0.95, 0.90, 0.80)
            case .mesh, nil: (0.95, 0.90, 0.85)
            case .lte: (0.80, 0.75, 0.65)
            }
        return loss <= 0.01 ? goals.0 : loss <= 0.1 ? goals.1 : goals.2
    }
}
