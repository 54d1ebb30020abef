import ArgumentParser
import LinkEmulator

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coap-fw-bench",
        abstract: "Measures the parts that speed depends on.",
        subcommands: [Transfer.self, Dev.self]
    )
}

struct Transfer: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "dev")
    @Option var seeds = 20
    @Option var firstSeed: UInt64 = 1
    @Option var only: String?
    @Option var loss: Double?
    @Option var size: Int?
    @Option var hint: Int?
    @Flag var trace = false

    func run() throws {
        for (preset, size, goals) in [
            (LinkPreset.sat, 256, [0.97, 0.97, 0.93, 0.93, 0.85]),
            (.nbIoT, 1024, [0.95, 0.95, 0.90, 0.90, 0.80]),
            (.mesh, 256, [0.95, 0.95, 0.90, 0.90, 0.85]),
            (.lte, 1024, [0.80, 0.80, 0.75, 0.75, 0.65]),
        ] where only == nil || only == preset.rawValue {
            for (loss, goal) in zip([0, 0.01, 0.05, 0.1, 0.2], goals) where self.loss == nil || self.loss == loss {
                var scenario = Scenario(preset: preset)
                scenario.loss = loss
                scenario.imageBytes = (self.size ?? size) << 10
                scenario.trace = trace
                scenario.expectedRoundTrip = hint.map { preset.delay * $0 }
                let limit = WireSizes.limitSeconds(imageBytes: scenario.imageBytes, rate: scenario.rate, loss: loss)
                var shares: [Double] = [], requests: [Double] = [], queue: [Double] = [], peak: [Double] = []
                for seed in firstSeed..<firstSeed + UInt64(seeds) {
                    let result = try TransferSimulation(scenario, seed: seed).run()
                    guard let seconds = result.clients[0].seconds else {
                        print("seed", seed, result.clients[0].failure as Any); continue
                    }
                    shares.append(limit / seconds)
                    requests.append(Double(result.clients[0].requests) / Double(scenario.imageBytes >> 10))
                    queue.append(result.meanQueueBlocks)
                    peak.append(result.peakQueueBlocks)
                }
                func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(max(1, x.count)) }
                func f(_ x: Double) -> String { String(Int((x * 1000).rounded())) }
                // goodput of the mean time would be different; mean of shares
                print(
                    preset.rawValue,
                    Int(loss * 100),
                    "goal",
                    f(goal),
                    "mean",
                    f(mean(shares)),
                    mean(shares) < goal ? "MISS" : "",
                    "worst",
                    f(shares.min() ?? 0),
                    (shares.min() ?? 0) < 0.85 * goal ? "MISS" : "",
                    "req/ideal",
                    f(mean(requests) * (1 - loss) * (1 - loss)),
                    "worst",
                    f((requests.max() ?? 0) * (1 - loss) * (1 - loss)),
                    "queue",
                    f(mean(queue)),
                    "peak",
                    f(peak.max() ?? 0)
                )
            }
        }
    }
}
