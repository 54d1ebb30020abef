import PowerFail
import Testing

/// Power cuts at every flash operation of every scenario, before, inside and after it, and in a part of the recoveries;
/// what a cut leaves is drawn by lot, always the same. Faults that must be survived: those of `PowerCut`. What is
/// checked after each: see `Life`. All recoveries, and other draws: `Tools/bench power`.
@Suite(.timeLimit(.minutes(20))) struct SampleTests {
    @Test func everyOperation() async throws {
        let effort = Effort.test
        let results = await ExplorationRunner.run(try Exploration.all(effort), threads: 2, body: { $0.run() })
        let violations = results.flatMap(\.violations)
        for violation in violations {
            Issue.record("\(violation.geometry) \(violation.scenario): \(violation.what); again: \(violation.command)")
        }
        let states = results.reduce(0) { $0 + $1.states }
        print("power-fail samples: \(states) distinct states, \(violations.count) violations")
        #expect(states >= 50_000)
        // Each scenario does something on each geometry.
        #expect(results.count == PowerGeometry.allCases.count * PowerScenario.allCases.count)
        #expect(results.allSatisfy { $0.operations > 0 && $0.firstStates > 2 })
    }

    /// A finding can be played again: the same path of cuts leaves the same, and a path that there is not is told.
    @Test func replay() throws {
        let exploration = try Exploration(.nrf52840, .upgrade, .test)
        let path = try ["30.insideSubset.1", "12.insideUnstable.0"].map { try #require(CutPoint($0)) }
        let first = try exploration.replay(path, probe: .confirmation)
        let second = try exploration.replay(path, probe: .confirmation)
        #expect(first.violation == nil)
        #expect(first.lines == second.lines)
        #expect(first.lines.count == 2)
        let missing = try exploration.replay([CutPoint(operation: 10_000, mode: .after, tear: 0)])
        guard case .setup = missing.violation else {
            Issue.record("a cut that there is not was played")
            return
        }
    }

    @Test(arguments: ["", "1", "1.after", "1.after.0.0", "-1.after.0", "1.nowhere.0", "1.after.x"])
    func cutPointsThatAreNone(text: String) {
        #expect(CutPoint(text) == nil)
    }
}
