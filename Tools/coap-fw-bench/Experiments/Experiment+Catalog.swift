import LinkEmulator

extension Experiment {
    static let losses = [0, 0.01, 0.05, 0.1, 0.2]

    /// The experiments of one kind. Cold: the round trip is unknown when block 0 is asked for; otherwise it is known
    /// from the DTLS handshake that comes before every transfer.
    static func all(_ kind: Kind, isCold: Bool) -> [Experiment] {
        LinkPreset.allCases.flatMap { preset in
            var scenario = Scenario(preset: preset)
            scenario.imageBytes = (preset == .nbIoT || preset == .lte ? 1024 : 256) << 10
            scenario.expectedRoundTrip = isCold ? nil : preset.delay * 2
            return experiments(kind, preset, scenario)
        }
    }

    private static func experiments(_ kind: Kind, _ preset: LinkPreset, _ base: Scenario) -> [Experiment] {
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
                    let goal = matrixGoal(preset, loss: loss)
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
                    $0.scenario.rateChange = (.seconds(0.4 * blocks * base.blockSeconds), 0.1)
                    $0.goals.drainRoundTrips = 10
                }
            }
        }
    }

    private static func matrixGoal(_ preset: LinkPreset, loss: Double) -> Double {
        let goals =
            switch preset {
            case .sat: (0.97, 0.93, 0.85)
            case .nbIoT: (0.95, 0.90, 0.80)
            case .mesh: (0.95, 0.90, 0.85)
            case .lte: (0.80, 0.75, 0.65)
            }
        return loss <= 0.01 ? goals.0 : loss <= 0.1 ? goals.1 : goals.2
    }
}
