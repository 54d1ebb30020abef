import Foundation
import Testing

/// `coap-fw-bench server` as a whole, in a small run: the servers, the generator's sessions, and the figures.
@Suite(.timeLimit(.minutes(15))) struct BenchServerTests {
    private struct Figures: Decodable {
        let server: String
        let idleSessions: Int
        let requestsPerSecond: [Double]
        let generatorProcessorShare: Double
        let wrong: Int
        let kibibytesPerSession: Double?
    }

    @Test(.timeLimit(.minutes(15))) func smallRun() throws {
        let workshop = try Workshop()
        let run = try workshop.run(
            [
                "server", "--sessions", "300", "--idle", "50", "--seconds", "0.2", "--rounds", "2", "--no-goals",
                "--stats", "figures.json",
            ],
            of: "coap-fw-bench"
        )
        try #require(run.status == 0, "\(run.errors)")
        let figures = try JSONDecoder().decode([Figures].self, from: Data(workshop.bytes("figures.json")))
        try #require(figures.map(\.idleSessions) == [0, 0, 50, 50, 0, 300])
        for row in figures {
            #expect(row.requestsPerSecond.allSatisfy { $0 > 100 }, "\(row)")
            #expect(row.wrong == 0, "\(row)")
            #expect(row.generatorProcessorShare > 0, "\(row)")
        }
        let own = try #require(figures.last?.kibibytesPerSession)
        #expect(own < 64, "memory per session")
        #expect(run.output.contains("| requests/s, no idle sessions: of libcoap's |"))
    }
}
