import Flash
import Glibc
import PowerFail
import Synchronization

/// Runs the power-fail explorations with one deliberate fault after the other; each must be noticed.
@main
enum MutantCheck {
    static func main() async throws {
        var arguments = CommandLine.arguments.dropFirst().compactMap(Int.init)
        if arguments.isEmpty { arguments = Array(0...Mutant.all.count) }
        var survivors = 0
        say("| fault | noticed by | cut | what |\n|---|---|---|---|")
        for number in arguments {
            activeMutant = number
            let found = try await firstViolation(searches(number))
            if number == 0 {
                guard let found else { continue }
                say("| none | \(found.scenario) on \(found.geometry) | \(cuts(found)) | \(found.what) |")
                say("Without a fault, nothing may be found.")
                exit(1)
            }
            let name = "\(number) \(Mutant.all[number - 1].name)"
            if let found {
                say("| \(name) | \(found.scenario) on \(found.geometry) | \(cuts(found)) | \(found.what) |")
            } else {
                survivors += 1
                say("| \(name) | nothing | | |")
            }
        }
        say("\(arguments.filter { $0 > 0 }.count) faults, \(survivors) not noticed")
        if survivors > 0 { exit(1) }
    }

    /// A line as soon as it is known, also into a file.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// The first thing found that must never happen.
    private static func firstViolation(_ searches: [[Exploration]]) async throws -> Violation? {
        for explorations in searches {
            let search = Search()
            let results = await ExplorationRunner.run(
                explorations,
                threads: 2,
                body: { $0.run(isStopped: { search.isOver.load(ordering: .relaxed) }) },
                done: { if !$0.violations.isEmpty { search.isOver.store(true, ordering: .relaxed) } }
            )
            // Of several, always the same one.
            if let violation = results.flatMap(\.violations).min(by: { $0.path.count < $1.path.count }) {
                return violation
            }
        }
        return nil
    }

    /// Where to look for what, one after the other.
    private static func searches(_ number: Int) throws -> [[Exploration]] {
        var searches: [[Exploration]] = []
        if number > 0, let place = Mutant.all[number - 1].place {
            let small = PowerGeometry.allCases.filter(\.isSmall)
            searches.append(try small.map { try Exploration($0, place, .hard) })
        }
        for effort in Effort.mutants where number > 0 || effort != .full {
            searches.append(try Exploration.all(effort).filter { effort != .full || $0.geometry.isSmall })
        }
        return searches
    }

    private static func cuts(_ violation: Violation) -> String {
        violation.path.isEmpty ? "none" : violation.path.map(\.text).joined(separator: ", ")
    }
}

private final class Search: Sendable {
    let isOver = Atomic(false)
}
