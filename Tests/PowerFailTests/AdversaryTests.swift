import PowerFail
import Testing

/// Every state that one power cut can leave of a scenario on a small flash, with every answer that the units in doubt
/// may give, one deviation from the rest included; `confirm`, `update` and `status` at each. All scenarios, and more
/// cuts: `Tools/bench power --part adversary`.
@Suite struct AdversaryTests {
    /// Those that take seconds: on each geometry the confirmation, and another one.
    private static func scenarios(_ geometry: PowerGeometry) -> Set<PowerScenario> {
        switch geometry {
        case .stm32l4: [.confirm, .forgedRequest]
        case .stm32l1: [.confirm, .downgrade]
        case .nrf52840, .stm32f4, .lpc4330: [.confirm, .permanent]
        }
    }

    @Test(.timeLimit(.minutes(15)), arguments: PowerGeometry.exhaustible)
    func oneCutEverywhere(geometry: PowerGeometry) async throws {
        let scenarios = Self.scenarios(geometry)
        let all = try Adversary.all(.test).filter { $0.geometry == geometry && scenarios.contains($0.scenario) }
        let results = await ExplorationRunner.run(all, threads: 2, body: { $0.run() })
        for violation in results.flatMap(\.violations) {
            Issue.record("\(violation.scenario): \(violation.what); again: \(violation.command)")
        }
        let states = results.reduce(0) { $0 + $1.stateCount }
        let branches = results.reduce(0) { $0 + $1.branches }
        print("adversary, one cut on \(geometry): \(states) distinct states, \(branches) branches")
        #expect(results.count == scenarios.count)
        #expect(results.allSatisfy { $0.states.count == 2 && $0.states[1] > 50 && $0.isExhaustive })
        #expect(branches >= 20_000)
    }

    /// The same path decides the same, and one that there is not is told.
    @Test func replay() throws {
        let adversary = try Adversary(.nrf52840, .upgrade, .full)
        let legs = try ["-:o:e", "-:o:t5", "10:o:e:status", "-:o:e"].map { try #require(Leg($0)) }
        let first = try adversary.replay(legs)
        let second = try adversary.replay(legs)
        #expect(first.violation == nil)
        #expect(first.lines == second.lines)
        #expect(first.lines.contains { $0.contains("the power fails in it") })
        let missing = try adversary.replay([try #require(Leg("-:o:t9999"))])
        guard case .setup = missing.violation else {
            Issue.record("a cut that there is not was played")
            return
        }
    }

    @Test(arguments: ["-:o:e", "0a3:a:t12", "-:o:b0:w7.3", "1:o:e:session", "1:a:t2:w0.0:confirmation"])
    func legsAreReadAsTheyAreWritten(text: String) {
        #expect(Leg(text)?.text == text)
    }

    @Test(arguments: [
        "", "-", "-:o", "-:x:e", "-:o:e1", "-:o:t", "-:o:b-1", "?:o:e", "-:o:e:w1", "-:o:e:w1.4", "-:o:e:w-1.0",
        "-:o:e:boot", "-:o:e:w1.0:status:x",
    ])
    func legsThatAreNone(text: String) {
        #expect(Leg(text) == nil)
    }
}
