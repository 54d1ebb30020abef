import CoAP
import Testing
import UpdateClient

/// A link, and what part of its rate the engine must make use of there.
struct TransferLinkCase: CustomTestStringConvertible, Sendable {
    var name: String
    var bitsPerSecond: Double
    var roundTrip: Duration
    var loss = 0.0
    var jitter = Duration.zero
    var queueBytes = 64 << 10
    var blocks = 256
    var share: Double

    var testDescription: String { name }

    static let all = [
        TransferLinkCase(name: "sat", bitsPerSecond: 20e3, roundTrip: .milliseconds(250), share: 0.97),
        TransferLinkCase(name: "sat 20 %", bitsPerSecond: 20e3, roundTrip: .milliseconds(250), loss: 0.2, share: 0.72),
        TransferLinkCase(
            name: "nb-iot",
            bitsPerSecond: 60e3,
            roundTrip: .milliseconds(1500),
            blocks: 1024,
            share: 0.95
        ),
        TransferLinkCase(
            name: "nb-iot 20 %",
            bitsPerSecond: 60e3,
            roundTrip: .milliseconds(1500),
            loss: 0.2,
            blocks: 1024,
            share: 0.75
        ),
        TransferLinkCase(name: "mesh", bitsPerSecond: 250e3, roundTrip: .milliseconds(100), share: 0.95),
        TransferLinkCase(name: "mesh 10 %", bitsPerSecond: 250e3, roundTrip: .milliseconds(100), loss: 0.1, share: 0.8),
        TransferLinkCase(
            name: "mesh, jitter of half a round trip",
            bitsPerSecond: 250e3,
            roundTrip: .milliseconds(100),
            jitter: .milliseconds(50),
            share: 0.8
        ),
        TransferLinkCase(
            name: "mesh, jitter beyond a round trip",
            bitsPerSecond: 250e3,
            roundTrip: .milliseconds(100),
            jitter: .milliseconds(150),
            blocks: 1024,
            share: 0.8
        ),
        TransferLinkCase(
            name: "1 Mbit/s and 600 ms, a short image",
            bitsPerSecond: 1e6,
            roundTrip: .milliseconds(600),
            blocks: 131,
            share: 0.4
        ),
        TransferLinkCase(name: "lte", bitsPerSecond: 10e6, roundTrip: .milliseconds(40), blocks: 1024, share: 0.8),
        TransferLinkCase(
            name: "lte 20 %",
            bitsPerSecond: 10e6,
            roundTrip: .milliseconds(40),
            loss: 0.2,
            blocks: 1024,
            share: 0.5
        ),
        TransferLinkCase(
            name: "10 kbit/s and 10 s",
            bitsPerSecond: 10e3,
            roundTrip: .seconds(10),
            blocks: 256,
            share: 0.8
        ),
        TransferLinkCase(
            name: "100 Mbit/s and 1 ms",
            bitsPerSecond: 100e6,
            roundTrip: .milliseconds(1),
            blocks: 4096,
            share: 0.8
        ),
        TransferLinkCase(
            name: "queue of four blocks",
            bitsPerSecond: 250e3,
            roundTrip: .milliseconds(100),
            queueBytes: 4 * 1104,
            share: 0.9
        ),
    ]
}

@Suite("Transfer: links", .timeLimit(.minutes(15)))
struct TransferLinkTests {
    @Test("uses what the link can carry", arguments: TransferLinkCase.all)
    func fillsLink(_ link: TransferLinkCase) {
        var configuration = TransferConfiguration()
        configuration.expectedRoundTrip = link.roundTrip
        var seconds = 0.0
        let seeds: UInt64 = 5
        for seed in 1...seeds {
            let run = TransferRun(
                TransferServer(imageBytes: link.blocks << 10),
                configuration: configuration,
                seed: seed
            )
            for path in [\TransferRun.up, \TransferRun.down] {
                run[keyPath: path].bitsPerSecond = link.bitsPerSecond
                run[keyPath: path].delay = link.roundTrip / 2
                run[keyPath: path].loss = link.loss
                run[keyPath: path].jitter = link.jitter
            }
            run.down.queueBytes = link.queueBytes
            run.run()
            #expect(run.engineView.isComplete && run.hasWholeImage, "seed \(seed): \(String(describing: run.failure))")
            seconds += run.now.transferSeconds
        }
        let limit = Double(link.blocks * 1104 * 8) / link.bitsPerSecond / (1 - link.loss)
        let share = limit * Double(seeds) / seconds
        #expect(share >= link.share, "used \(share) of the link")
    }

    /// Any link at all: rates of four decades, round trips of four decades, loss up to 30 %, jitter, short queues.
    @Test("comes to the end on any link", arguments: TransferSeeds.all)
    func anyLink(_ seed: UInt64) {
        var random = TransferTestRandom(seed: seed)
        let run = TransferRun(
            TransferServer(imageBytes: Int.random(in: 1...200_000, using: &random)),
            seed: seed
        )
        let rate = 10_000 * Double.random(in: 1...10, using: &random) * [1, 10, 100, 1000][Int(random.next() % 4)]
        let delay = Duration.microseconds([500, 5_000, 50_000, 500_000, 5_000_000][Int(random.next() % 5)])
        let loss = random.unit() * 0.3
        let jitter = delay * random.unit() * 2
        for path in [\TransferRun.up, \TransferRun.down] {
            run[keyPath: path].bitsPerSecond = rate
            run[keyPath: path].delay = delay
            run[keyPath: path].loss = loss
            run[keyPath: path].jitter = jitter
        }
        run.down.queueBytes = Int.random(in: 2...40, using: &random) * 1104
        run.run()
        let rerun = "rerun: SEED=\(seed) swift test --filter anyLink"
        #expect(run.engineView.isComplete && run.hasWholeImage, "\(String(describing: run.failure)); \(rerun)")
        #expect(Set(run.sent.map(\.request.token)).count == run.sent.count, "a token came twice; \(rerun)")
        #expect(run.maximumInFlight <= TransferConfiguration().maximumInFlight + 8, "\(rerun)")
    }

    @Test("asks for no block twice on a link that loses nothing")
    func noWaste() {
        var configuration = TransferConfiguration()
        configuration.expectedRoundTrip = .milliseconds(150)
        let run = TransferRun(TransferServer(imageBytes: 256 << 10), configuration: configuration)
        run.run()
        #expect(run.engineView.isComplete)
        #expect(run.sent.count == 256)
    }
}

/// `SEED=17` in the environment runs that one alone.
enum TransferSeeds {
    static let all: [UInt64] = TransferEnvironment.seed.map { [$0] } ?? Array(1...150)
}
