import ArgumentParser
import Bootloader
import Foundation
import PowerFail

/// The results of power-fail runs, as a table and as JSON.
struct PowerReport {
    private let results: [ExplorationResult]
    private let seconds: Double
    private let seed: UInt64

    init(_ results: [ExplorationResult], seconds: Double, seed: UInt64) {
        let order = PowerScenario.allCases
        self.results = results.sorted {
            let left = order.firstIndex(of: $0.scenario) ?? 0
            let right = order.firstIndex(of: $1.scenario) ?? 0
            return (left, $0.geometry.rawValue) < (right, $1.geometry.rawValue)
        }
        self.seconds = seconds
        self.seed = seed
    }

    var violationCount: Int { results.reduce(0) { $0 + $1.violations.count } }
    private var states: Int { results.reduce(0) { $0 + $1.states } }
    private var cuts: Int { results.reduce(0) { $0 + $1.cuts } }

    var table: String {
        var lines = [
            "| scenario | geometry | operations | states after one cut | states | cuts | violations |",
            "|---|---|---|---|---|---|---|",
        ]
        for result in results {
            lines.append(
                "| \(result.scenario) | \(result.geometry) | \(result.operations) | \(result.firstStates) | "
                    + "\(result.states) | \(result.cuts) | \(result.violations.count) |"
            )
        }
        lines += wearTable
        for violation in results.flatMap(\.violations) {
            lines.append(
                "\(violation.geometry) \(violation.scenario): \(violation.what)\n  again: \(violation.command)"
            )
        }
        lines.append(
            "\(states) distinct states of \(cuts) cuts, \(violationCount) violations, \(Int(seconds.rounded())) s"
        )
        return lines.joined(separator: "\n")
    }

    /// What a whole update wears: download, swap, trial, confirmation.
    private var wearTable: [String] {
        let updates = results.filter { $0.scenario == .upgrade || $0.scenario == .secondUpgrade }
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
        let rows = results.map { result in
            [
                "geometry": result.geometry.rawValue, "scenario": result.scenario.rawValue,
                "operations": result.operations, "first_states": result.firstStates, "states": result.states,
                "cuts": result.cuts,
                "erases": Dictionary(
                    uniqueKeysWithValues: result.wear.total.map { ("\($0.key)", Int($0.value)) }
                ),
                "violations": result.violations.map { ["what": $0.what, "again": $0.command] },
            ] as [String: Any]
        }
        let object: [String: Any] = [
            "states": states, "cuts": cuts, "violations": violationCount, "seconds": seconds, "seed": seed,
            "runs": rows,
        ]
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
}
