import Foundation
import Testing

/// `coap-fw-bench hostile` in a small run: everything at once, against the server as it is shipped.
@Suite(.enabled(if: geteuid() == 0, "needs root, for raw sockets"), .timeLimit(.minutes(15)))
struct BenchHostileTests {
    private struct Outcome: Decodable {
        struct Phase: Decodable {
            let bytesPerSecond: Double
            let wrongBlocks: Int
        }

        let calm: Phase
        let attacked: Phase
        let updates: Int
        let failedUpdates: [String]
        let isAlive: Bool
    }

    @Test(.timeLimit(.minutes(15))) func smallRun() throws {
        let workshop = try Workshop()
        let run = try workshop.run(
            [
                "hostile", "--seconds", "6", "--clients", "20", "--scale", "0.3", "--identities", "5000", "--updates",
                "1", "--settle", "1", "--no-goals", "--stats", "figures.json",
            ],
            of: "coap-fw-bench"
        )
        try #require(run.status == 0, "\(run.errors)")
        let outcome = try JSONDecoder().decode(Outcome.self, from: Data(workshop.bytes("figures.json")))
        #expect(outcome.isAlive, "\(run.output)")
        #expect(outcome.calm.wrongBlocks + outcome.attacked.wrongBlocks == 0, "\(run.output)")
        #expect(outcome.attacked.bytesPerSecond > outcome.calm.bytesPerSecond / 2, "\(run.output)")
        #expect(outcome.updates > 0 && outcome.failedUpdates.isEmpty, "\(run.output)")
    }
}
