import Flash
import Glibc
import PowerFail
import Synchronization

/// Runs the adversary and the samples with one deliberate fault after the other; each must be noticed. With `--tests`,
/// prints the faults that a test by name must notice by itself: number, test.
@main
enum MutantCheck {
    static func main() async throws {
        if CommandLine.arguments.contains("--tests") {
            for (index, mutant) in Mutant.all.enumerated() where mutant.test != nil {
                say("\(index + 1) \(mutant.test ?? "")")
            }
            return
        }
        var arguments = CommandLine.arguments.dropFirst().compactMap(Int.init)
        if arguments.isEmpty { arguments = Array(0...Mutant.all.count) }
        var survivors = 0
        say("| fault | noticed by | cut | what |\n|---|---|---|---|")
        for number in arguments {
            activeMutant = number
            let found = try await firstFinding(number)
            if number == 0 {
                guard let found else { continue }
                say("| none | \(found) |")
                say("Without a fault, nothing may be found.")
                exit(1)
            }
            let name = "\(number) \(Mutant.all[number - 1].name)"
            if let found {
                say("| \(name) | \(found) |")
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

    /// The first thing found that must never happen, as columns of the table: by the adversary, then by lot.
    private static func firstFinding(_ number: Int) async throws -> String? {
        let mutant = number > 0 ? Mutant.all[number - 1] : nil
        if let place = mutant?.place {
            let near = try PowerGeometry.exhaustible.map { try Adversary($0, place, .test) }
            if let found = await adversary(near) { return found }
            if let found = await adversary([try Adversary(.nrf52840, place, .twoCuts)]) { return found }
        }
        if let found = await adversary(try Adversary.all(.test)) { return found }
        if let place = mutant?.place {
            let small = PowerGeometry.allCases.filter(\.isSmall)
            if let found = await samples(try small.map { try Exploration($0, place, .hard) }) { return found }
        }
        for effort in Effort.mutants where number > 0 || effort != .full {
            let explorations = try Exploration.all(effort).filter { effort != .full || $0.geometry.isSmall }
            if let found = await samples(explorations) { return found }
        }
        return nil
    }

    private static func adversary(_ adversaries: [Adversary]) async -> String? {
        let search = Search()
        let results = await ExplorationRunner.run(
            adversaries,
            threads: 2,
            body: { $0.run(isStopped: { search.isOver.load(ordering: .relaxed) }) },
            done: { if !$0.violations.isEmpty { search.isOver.store(true, ordering: .relaxed) } }
        )
        let violation = results.flatMap(\.violations).min { $0.legs.count < $1.legs.count }
        return violation.map { found in
            let legs = found.legs.map(\.text).joined(separator: ", ")
            return "\(found.scenario) on \(found.geometry), adversary | \(legs) | \(found.what)"
        }
    }

    private static func samples(_ explorations: [Exploration]) async -> String? {
        let search = Search()
        let results = await ExplorationRunner.run(
            explorations,
            threads: 2,
            body: { $0.run(isStopped: { search.isOver.load(ordering: .relaxed) }) },
            done: { if !$0.violations.isEmpty { search.isOver.store(true, ordering: .relaxed) } }
        )
        // Of several, always the same one.
        let violation = results.flatMap(\.violations).min { $0.path.count < $1.path.count }
        return violation.map { found in
            let cuts = found.path.isEmpty ? "none" : found.path.map(\.text).joined(separator: ", ")
            return "\(found.scenario) on \(found.geometry), by lot | \(cuts) | \(found.what)"
        }
    }
}

private final class Search: Sendable {
    let isOver = Atomic(false)
}
