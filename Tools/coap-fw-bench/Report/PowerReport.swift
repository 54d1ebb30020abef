import ArgumentParser
import Bootloader
import Foundation
import PowerFail

/// The results of power-fail runs, as tables and as JSON.
struct PowerReport {
    var adversary: [AdversaryResult] = []
    var samples: [ExplorationResult] = []
    var seconds = 0.0
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    var violationCount: Int {
        samples.reduce(0) { $0 + $1.violations.count } + adversary.reduce(0) { $0 + $1.violations.count }
    }

    private var branches: Int { adversary.reduce(0) { $0 + $1.branches } }
    private var adversaryStates: Int { adversary.reduce(0) { $0 + $1.stateCount } }
    private var left: Int { adversary.reduce(0) { $0 + $1.cutShort + $1.waiting } }
    private var exhausted: Int { adversary.count(where: \.isExhaustive) }
    private var sampledStates: Int { samples.reduce(0) { $0 + $1.states } }
    private var lives: Int { samples.reduce(0) { $0 + $1.lives } }

    var table: String {
        var lines: [String] = []
        if !adversary.isEmpty { lines += adversaryTable }
        if !samples.isEmpty { lines += samplesTable + wearTable }
        for violation in adversary.flatMap(\.violations) {
            lines.append(
                "\(violation.geometry) \(violation.scenario): \(violation.what)\n  again: \(violation.command)"
            )
        }
        for violation in samples.flatMap(\.violations) {
            lines.append(
                "\(violation.geometry) \(violation.scenario): \(violation.what)\n  again: \(violation.command)"
            )
        }
        lines.append(
            "adversary: \(adversaryStates) distinct states, \(branches) branches, "
                + "\(exhausted) of \(adversary.count) scenarios exhausted, \(left) states left; "
                + "samples, seed \(seed): \(sampledStates) distinct states, \(lives) lives; "
                + "\(adversaryStates + sampledStates) states in all, \(violationCount) violations, "
                + "\(Int(seconds.rounded())) s"
        )
        return lines.joined(separator: "\n")
    }

    private var adversaryTable: [String] {
        let cuts = (adversary.map(\.states.count).max() ?? 1) - 1
        let header = (0...cuts).map { "states after \($0) cut\($0 == 1 ? "" : "s")" }.joined(separator: " | ")
        let rows = adversary.sorted { Self.isBefore(($0.scenario, $0.geometry), ($1.scenario, $1.geometry)) }.map {
            "| \($0.scenario) | \($0.geometry) | \($0.states.map { "\($0)" }.joined(separator: " | ")) | "
                + "\($0.branches) | \($0.cutShort + $0.waiting) | \($0.violations.count) |"
        }
        return [
            "| adversary: scenario | geometry | \(header) | branches | states left | violations |",
            "|---|---|\(String(repeating: "---|", count: cuts + 1))---|---|---|",
        ] + rows + [""]
    }

    private var samplesTable: [String] {
        let rows = samples.sorted { Self.isBefore(($0.scenario, $0.geometry), ($1.scenario, $1.geometry)) }.map {
            "| \($0.scenario) | \($0.geometry) | \($0.operations) | \($0.firstStates) | "
                + "\($0.states) | \($0.cuts) | \($0.violations.count) |"
        }
        return [
            "| samples: scenario | geometry | operations | states after one cut | states | cuts | violations |",
            "|---|---|---|---|---|---|---|",
        ] + rows
    }

    private static func isBefore(
        _ one: (PowerScenario, PowerGeometry),
        _ other: (PowerScenario, PowerGeometry)
    ) -> Bool {
        let order = PowerScenario.allCases
        let (left, right) = (order.firstIndex(of: one.0) ?? 0, order.firstIndex(of: other.0) ?? 0)
        return (left, one.1.rawValue) < (right, other.1.rawValue)
    }

    /// What a whole update wears: download, swap, trial, confirmation.
    private var wearTable: [String] {
        let updates = samples.filter { $0.scenario == .upgrade || $0.scenario == .secondUpgrade }
        guard !updates.isEmpty else { return [] }
        let names = FlashAreaName.allCases
        let header = [
            "", "| update without a cut | geometry | \(names.map { "erases in \($0)" }.joined(separator: " | ")) |",
            "|---|---|\(String(repeating: "---|", count: names.count))",
        ]
        let rows = updates.map { result in
            let cells = names.map { name in
                "\(result.wear.total[name, default: 0]), of one sector at most \(result.wear.most[name, default: 0])"
            }
            return "| \(result.scenario) | \(result.geometry) | \(cells.joined(separator: " | ")) |"
        }
        return header + rows + [""]
    }

    func write(to path: String) throws {
        do {
            let data = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            FileHandle.standardError.write(
                Data("Cannot write \(path): \(error.localizedDescription). Choose a folder that exists.\n".utf8)
            )
            throw ExitCode(73)
        }
    }

    private var object: [String: Any] {
        let drawn = samples.map { result in
            [
                "geometry": result.geometry.rawValue, "scenario": result.scenario.rawValue,
                "operations": result.operations, "first_states": result.firstStates, "states": result.states,
                "cuts": result.cuts, "lives": result.lives,
                "erases": Dictionary(
                    uniqueKeysWithValues: result.wear.total.map { ("\($0.key)", Int($0.value)) }
                ),
                "violations": result.violations.map { ["what": $0.what, "again": $0.command] },
            ] as [String: Any]
        }
        let exhausted = adversary.map { result in
            [
                "geometry": result.geometry.rawValue, "scenario": result.scenario.rawValue,
                "states": result.states, "branches": result.branches, "left": result.cutShort + result.waiting,
                "violations": result.violations.map { ["what": $0.what, "again": $0.command] },
            ] as [String: Any]
        }
        return [
            "adversary": exhausted, "samples": drawn, "states": adversaryStates + sampledStates,
            "branches": branches, "violations": violationCount, "seconds": seconds, "seed": seed,
        ]
    }
}
