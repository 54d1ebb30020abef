import ArgumentParser
import LinkEmulator

struct Dev: ParsableCommand {
    @Option var seeds = 20
    @Option var firstSeed: UInt64 = 1
    @Option var only: String?
    @Option var what = "bfsrc"
    @Option var loss: Double?
    @Option var hint = 2
    @Option var stagger: Double?
    @Flag var trace = false

    func f(_ x: Double) -> String { String(Int((x * 1000).rounded())) }
    func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(max(1, x.count)) }

    func run() throws {
        for preset in LinkPreset.allCases where only == nil || only == preset.rawValue {
            var base = Scenario(preset: preset)
            base.imageBytes = (preset == .nbIoT || preset == .lte ? 1024 : 256) << 10
            base.expectedRoundTrip = preset.delay * hint
            base.trace = trace
            let blocks = Double(base.imageBytes >> 10)
            let block = 1104 * 8 / base.rate
            if what.contains("b") {
                for loss in [0.05, 0.1, 0.2] {
                    var s = base; s.loss = loss; s.burst = 4
                    let limit = WireSizes.limitSeconds(imageBytes: s.imageBytes, rate: s.rate, loss: loss)
                    var shares: [Double] = [], req: [Double] = []
                    for seed in firstSeed..<firstSeed + UInt64(seeds) {
                        let r = try TransferSimulation(s, seed: seed).run()
                        guard let t = r.clients[0].seconds else { print("fail", seed, r.clients[0].failure as Any); continue }
                        shares.append(limit / t); req.append(Double(r.clients[0].requests) / blocks * (1 - loss) * (1 - loss))
                    }
                    print(preset, "burst", loss, "mean", f(mean(shares)), "worst", f(shares.min() ?? 0), "req", f(mean(req)))
                }
            }
            if what.contains("f") {
                for loss in [0, 0.05, 0.2] where self.loss == nil || self.loss == loss {
                    for stagger in [0.0, 20, 60] where self.stagger == nil || self.stagger == stagger {
                        var s = base; s.loss = loss; s.clients = 3; s.stagger = .seconds(stagger * block)
                        var jain: [Double] = [], busy: [Double] = [], queue: [Double] = [], peak: [Double] = [], req: [Double] = []
                        for seed in firstSeed..<firstSeed + UInt64(seeds) {
                            let r = try TransferSimulation(s, seed: seed).run()
                            let from = r.clients.map(\.startedAt).max() ?? 0
                            let to = r.clients.compactMap(\.finishedAt).min() ?? 0
                            let x = r.clients.map { c in Double(c.arrivals.filter { $0 >= from && $0 <= to }.count) }
                            let sum = x.reduce(0, +)
                            jain.append(sum * sum / 3 / x.map { $0 * $0 }.reduce(0, +))
                            busy.append(r.busy); queue.append(r.meanQueueBlocks); peak.append(r.peakQueueBlocks)
                            req.append(Double(r.clients.map(\.requests).reduce(0, +)) / blocks / 3 * (1 - loss) * (1 - loss))
                        }
                        print(preset, "fair", loss, "stagger", stagger, "jain", f(mean(jain)), f(jain.min() ?? 0), "busy", f(mean(busy)), f(busy.min() ?? 0), "queue", f(mean(queue)), f(queue.max() ?? 0), "bound", f(base.pipeBlocks + 8), "peak", f(peak.max() ?? 0), "req", f(mean(req)))
                    }
                }
            }
            if what.contains("s") {
                for loss in [0, 0.05] {
                    var s = base; s.loss = loss; s.queueBytes = 4 * 1104
                    let limit = WireSizes.limitSeconds(imageBytes: s.imageBytes, rate: s.rate, loss: loss)
                    var drops: [Double] = [], shares: [Double] = []
                    for seed in firstSeed..<firstSeed + UInt64(seeds) {
                        let r = try TransferSimulation(s, seed: seed).run()
                        drops.append(Double(r.queueDrops) / blocks)
                        if let t = r.clients[0].seconds { shares.append(limit / t) }
                    }
                    print(preset, "shallow", loss, "drops", f(mean(drops)), f(drops.max() ?? 0), "share", f(mean(shares)), f(shares.min() ?? 0))
                }
            }
            if what.contains("r") {
                for queue in [8, 16, 64] {
                    var s = base; s.competitor = true; s.queueBytes = queue << 10
                    var share: [Double] = [], ours: [Double] = []
                    for seed in firstSeed..<firstSeed + UInt64(seeds) {
                        let r = try TransferSimulation(s, seed: seed).run()
                        let n = Double(r.competitorArrivals.count)
                        share.append(n / r.endedAt * block)
                        ours.append(blocks / r.endedAt * block)
                    }
                    print(preset, "reno", queue, "reno's", f(mean(share)), f(share.min() ?? 0), "ours", f(mean(ours)), f(ours.min() ?? 0))
                }
            }
            if what.contains("c") {
                for loss in [0, 0.05, 0.2] {
                    var s = base; s.loss = loss
                    s.rateChange = (.seconds(blocks * block * 0.4), 0.1)
                    let rtt = 2 * preset.delay.inSeconds
                    var drain: [Double] = [], all: [Double] = []
                    for seed in firstSeed..<firstSeed + UInt64(seeds) {
                        let r = try TransferSimulation(s, seed: seed).run()
                        if r.clients[0].finishedAt == nil { print("fail", r.clients[0].failure as Any) }
                        drain.append((r.drainSeconds ?? 0) / rtt)
                        all.append(r.peakQueueBlocks)
                    }
                    print(preset, "cut", loss, "drain base RTTs", f(mean(drain)), f(drain.max() ?? 0), "unloaded RTT/base", f((rtt + 10 * block) / rtt), "peak", f(all.max() ?? 0))
                }
            }
        }
    }
}
