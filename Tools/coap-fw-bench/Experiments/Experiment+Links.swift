import LinkEmulator

/// Links that no preset stands for.
extension Experiment {
    /// 131 KiB, the size of a microcontroller's image.
    private static let imageBytes = 131 << 10

    private static func mesh(_ name: String) -> Scenario {
        var scenario = Scenario(name: name, rate: 250_000, delay: .milliseconds(50))
        scenario.imageBytes = imageBytes
        return scenario
    }

    /// `mesh` on which each datagram takes up to so many milliseconds longer.
    static func jittered(_ milliseconds: Int, inOrder: Bool = false) -> Scenario {
        var scenario = mesh("0-\(milliseconds) ms\(inOrder ? ", in order" : "")")
        scenario.jitter = Jitter(amount: .milliseconds(milliseconds), keepsOrder: inOrder)
        return scenario
    }

    private static func pareto(inOrder: Bool) -> Scenario {
        var scenario = mesh("Pareto 40 ms\(inOrder ? ", in order" : "")")
        scenario.jitter = Jitter(amount: .milliseconds(40), distribution: .pareto(shape: 1.5), keepsOrder: inOrder)
        return scenario
    }

    static func jitter() -> [Experiment] {
        let goals = [20: 0.92, 80: 0.90, 150: 0.85]
        let uniform = [20, 80, 150].flatMap { milliseconds in
            [false, true].map { (jittered(milliseconds, inOrder: $0), goals[milliseconds]) }
        }
        let links = uniform + [false, true].map { (pareto(inOrder: $0), 0.90) }
        return links.flatMap { link, goal in
            [(imageBytes, goal), (1024 << 10, 0.93)].flatMap { size, goal in
                [0, 0.05].map { loss in
                    var experiment = Experiment(kind: .jitter, scenario: link)
                    experiment.scenario.imageBytes = size
                    experiment.scenario.loss = loss
                    experiment.goals.meanShare = goal
                    experiment.goals.meanQueue = link.pipeBlocks + 8
                    return experiment
                }
            }
        }
    }

    static func long() -> [Experiment] {
        func experiment(_ name: String, rate: Double, delay: Int, loss: Double, size: Int, goal: Double) -> Experiment {
            var scenario = Scenario(name: name, rate: rate, delay: .milliseconds(delay))
            scenario.loss = loss
            scenario.imageBytes = size
            var experiment = Experiment(kind: .long, scenario: scenario)
            experiment.goals.meanShare = goal
            experiment.goals.meanRequests = 1.1
            return experiment
        }
        let fast = "1 Mbit/s, 600 ms"
        return [
            experiment(fast, rate: 1e6, delay: 300, loss: 0.02, size: imageBytes, goal: 0.42),
            experiment(fast, rate: 1e6, delay: 300, loss: 0.02, size: 1024 << 10, goal: 0.78),
            experiment("60 kbit/s, 1.5 s", rate: 60e3, delay: 750, loss: 0.1, size: imageBytes, goal: 0.78),
        ]
    }

    static func dip() -> [Experiment] {
        [0, 0.05].map { loss in
            var scenario = mesh("250-40-250 kbit/s")
            scenario.loss = loss
            // A third of the image, then five seconds in which a sixth of it can come.
            scenario.rateChanges = [(.milliseconds(1500), 0.16), (.milliseconds(6500), 1)]
            var experiment = Experiment(kind: .dip, scenario: scenario)
            experiment.goals.meanShare = loss > 0 ? 0.80 : 0.88
            return experiment
        }
    }

    static func asymmetric() -> [Experiment] {
        [0, 0.05].map { loss in
            var scenario = mesh("25 up, 250 down")
            scenario.loss = loss
            scenario.upwardRate = scenario.rate / 10
            var experiment = Experiment(kind: .asymmetric, scenario: scenario)
            experiment.goals.meanShare = loss > 0 ? 0.85 : 0.92
            experiment.goals.meanQueue = scenario.pipeBlocks + 8
            return experiment
        }
    }

    static func crowd() -> [Experiment] {
        [(20, 131), (100, 32), (100, 131), (200, 32)].flatMap { clients, kib in
            [0, 0.05].map { loss in
                var scenario = mesh("\(clients) clients")
                scenario.loss = loss
                scenario.clients = clients
                scenario.stagger = .seconds(2 / Double(clients))
                scenario.imageBytes = kib << 10
                scenario.queueBytes = 128 << 10
                scenario.hasHandshakes = true
                var experiment = Experiment(kind: .crowd, scenario: scenario)
                experiment.goals.meanJain = 0.8
                experiment.goals.drops = 0.1
                experiment.goals.handshakes = 1.2
                experiment.goals.meanBusy = 0.9
                return experiment
            }
        }
    }
}
