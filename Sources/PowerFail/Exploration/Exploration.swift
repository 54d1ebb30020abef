import FlashEmulator
import SeededRandom

/// Cuts of one scenario on one geometry, everywhere; what each leaves is drawn by lot.
public struct Exploration: Sendable {
    /// The flash.
    public let geometry: PowerGeometry
    /// What is played.
    public let scenario: PowerScenario
    private let effort: Effort
    private let setting: Setting

    /// Violations that are kept of one exploration; it ends there.
    private static let violationLimit = 4

    /// Prepares flash and images of the scenario.
    public init(_ geometry: PowerGeometry, _ scenario: PowerScenario, _ effort: Effort) throws {
        self.geometry = geometry
        self.scenario = scenario
        self.effort = effort
        setting = try Setting(geometry, scenario)
    }

    /// Every combination.
    public static func all(_ effort: Effort) throws -> [Exploration] {
        try PowerScenario.allCases.flatMap { scenario in
            try PowerGeometry.allCases.map { try Exploration($0, scenario, effort) }
        }
    }

    /// Does the clean run, cuts it everywhere, and cuts the recoveries.
    ///
    /// - Parameter isStopped: asked now and then; `true` ends it early.
    /// - Returns: what was found.
    public func run(isStopped: () -> Bool = { false }) -> ExplorationResult {
        var result = ExplorationResult(geometry: geometry, scenario: scenario)
        let clean: Recording
        do {
            clean = try Recording(setting, from: startState())
        } catch {
            result.violations.append(violation([], error))
            return result
        }
        result.operations = clean.operations.count
        result.wear = WearSummary(clean.wear, setting.map)
        var seen: Set<UInt64> = []
        var deeper: [CutState] = []
        // All first cuts before any second one: a state that both reach is judged by the stricter rules of the first.
        do {
            try clean.forEachCut(effort.firstCuts) { state in
                result.cuts += 1
                if seen.insert(state.fingerprint).inserted { deeper.append(state) }
            }
        } catch {
            result.violations.append(violation([], error))
        }
        result.firstStates = deeper.count
        for (index, first) in deeper.enumerated() {
            guard result.violations.count < Self.violationLimit, !isStopped() else { break }
            do {
                let recovery = try Recording(setting, from: first)
                live(first, after: first.probe, &result)
                guard index % effort.secondEvery == 0 else { continue }
                try recovery.forEachCut({ effort.secondCuts($0, of: first.seed) }) { second in
                    result.cuts += 1
                    guard result.violations.count < Self.violationLimit, !isStopped(),
                        seen.insert(second.fingerprint).inserted
                    else { return }
                    live(second, after: nil, &result)
                    live(second, after: second.probe, &result)
                }
            } catch {
                result.violations.append(violation(first.path, error))
            }
        }
        result.states = seen.count
        return result
    }

    /// Plays one path of cuts.
    ///
    /// - Parameters:
    ///   - path: the cuts.
    ///   - probe: what is called after the last one.
    /// - Returns: what went wrong, or `nil`; and what was cut, in words.
    /// - Throws: what is no finding.
    public func replay(_ path: [CutPoint], probe: Probe? = nil) throws -> (violation: RunError?, lines: [String]) {
        var lines: [String] = []
        var state = try startState()
        do {
            for point in path {
                let recording = try Recording(setting, from: state)
                guard let next = try recording.state(at: point) else {
                    throw RunError.setup("there are only \(recording.operations.count) operations before \(point.text)")
                }
                lines.append("\(point.text): \(recording.operations[point.operation].text), in \(next.facts.step)")
                state = next
            }
            var life = Life(setting, flash: state.flash, facts: state.facts, progress: state.progress)
            try life.run(after: probe)
            return (nil, lines)
        } catch let error as RunError {
            return (error, lines)
        }
    }

    private func startState() throws -> CutState {
        let (flash, facts) = try scenario.start(setting)
        return CutState(flash: flash, facts: facts, seed: SplitMix64.mix(effort.seed), path: [])
    }

    private func live(_ state: CutState, after probe: Probe?, _ result: inout ExplorationResult) {
        result.lives += 1
        do {
            var life = Life(setting, flash: state.flash, facts: state.facts, progress: state.progress)
            try life.run(after: probe)
        } catch {
            result.violations.append(violation(state.path, error, probe))
        }
    }

    private func violation(_ path: [CutPoint], _ error: any Error, _ probe: Probe? = nil) -> Violation {
        Violation(geometry: geometry, scenario: scenario, path: path, probe: probe, seed: effort.seed, what: "\(error)")
    }
}

extension FlashOperation {
    var text: String {
        switch self {
        case .program(let address, let bytes): "program \(address)+\(bytes.count)"
        case .erase(let address): "erase \(address)"
        }
    }
}
