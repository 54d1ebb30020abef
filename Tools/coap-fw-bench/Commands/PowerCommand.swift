import ArgumentParser
import Foundation
import PowerFail

struct PowerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power",
        abstract: "Cuts the power at every flash operation of an update, in every way, and again in the recovery.",
        discussion: """
            Ends with 1 if anything was found that must never happen; each finding comes with the command that plays \
            it again. The same seed gives the same cuts on every machine.
            """
    )

    @Option(help: "Only this geometry: \(PowerGeometry.allCases.map(\.rawValue).joined(separator: ", ")).")
    var geometry: [PowerGeometry] = []

    @Option(help: "Only this scenario: \(PowerScenario.allCases.map(\.rawValue).joined(separator: ", ")).")
    var scenario: [PowerScenario] = []

    @Option(help: "Play only this cut, OPERATION.MODE.TEAR; a second one cuts the recovery.")
    var cut: [CutPoint] = []

    @Option(help: "Other seeds, other tears.")
    var seed: UInt64 = 0

    @Option(help: "Explorations at a time.")
    var threads = 2

    @Option(help: "Tears of each kind at each operation.")
    var tears = Effort.full.firstTears

    @Option(help: "Cut every so manieth recovery.")
    var secondEvery = Effort.full.secondEvery

    @Option(help: "Write the results as JSON to this file.")
    var json: String?

    func validate() throws {
        guard threads > 0, threads <= 64 else { throw ValidationError("--threads must be 1 to 64.") }
        guard tears > 0, tears <= 1000 else { throw ValidationError("--tears must be 1 to 1000.") }
        guard secondEvery > 0 else { throw ValidationError("--second-every must be at least 1.") }
        guard cut.isEmpty || geometry.count == 1 && scenario.count == 1 else {
            throw ValidationError("--cut needs one --geometry and one --scenario.")
        }
    }

    func run() async throws {
        var effort = Effort.full
        effort.firstTears = tears
        effort.secondEvery = secondEvery
        effort.seed = seed
        let chosen = try Exploration.all(effort).filter {
            (geometry.isEmpty || geometry.contains($0.geometry)) && (scenario.isEmpty || scenario.contains($0.scenario))
        }
        if !cut.isEmpty, let exploration = chosen.first { return try replay(exploration) }
        let start = ContinuousClock.now
        var doneCount = 0
        func report(_ result: ExplorationResult) {
            doneCount += 1
            let seconds = Int((ContinuousClock.now - start) / .seconds(1))
            let what = "\(result.geometry) \(result.scenario), \(result.states) states"
            FileHandle.standardError.write(Data("\(doneCount) of \(chosen.count), \(seconds) s: \(what)\n".utf8))
        }
        let results = await ExplorationRunner.run(chosen, threads: threads, done: report)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let report = PowerReport(results, seconds: seconds, seed: seed)
        print(report.table)
        if let json { try report.write(to: json) }
        if report.violationCount > 0 { throw ExitCode(1) }
    }

    private func replay(_ exploration: Exploration) throws {
        let (violation, lines) = try exploration.replay(cut)
        for line in lines { print(line) }
        guard let violation else { return print("nothing wrong") }
        print(violation.description)
        throw ExitCode(1)
    }
}

extension PowerGeometry: ExpressibleByArgument {}
extension PowerScenario: ExpressibleByArgument {}

extension CutPoint: ExpressibleByArgument {
    /// As ``CutPoint`` writes itself.
    public init?(argument: String) {
        self.init(argument)
    }
}
