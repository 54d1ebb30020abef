import ArgumentParser
import Foundation
import PowerFail

struct PowerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power",
        abstract: "Cuts the power at every flash operation of an update, in every way, and again in the recovery.",
        discussion: """
            First an adversary decides what every unit that a cut left in doubt answers to every read, and branches on \
            it; then cuts whose tears are drawn by lot, on larger scenarios. Ends with 1 if anything was found that \
            must never happen; each finding comes with the command that plays it again. The same seed gives the same \
            draws on every machine; without one they are new ones.
            """
    )

    /// What is done.
    enum Part: String, CaseIterable, ExpressibleByArgument { case adversary, samples }

    @Option(help: "Only this geometry: \(PowerGeometry.allCases.map(\.rawValue).joined(separator: ", ")).")
    var geometry: [PowerGeometry] = []

    @Option(help: "Only this scenario: \(PowerScenario.allCases.map(\.rawValue).joined(separator: ", ")).")
    var scenario: [PowerScenario] = []

    @Option(help: "Only this part: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).")
    var part: [Part] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: "Play only this leg of the adversary, as a finding names it; another one goes on from there."
    )
    var leg: [Leg] = []

    @Option(help: "Play only this cut, OPERATION.MODE.TEAR; a second one cuts the recovery.")
    var cut: [CutPoint] = []

    @Option(help: "What is called after the last cut: \(Probe.allCases.map(\.rawValue).joined(separator: ", ")).")
    var probe: Probe?

    @Option(help: "Decides what is drawn; without it, a new number each time, which is printed.")
    var seed: UInt64?

    @Option(help: "Explorations at a time.")
    var threads = 2

    @Option(help: "Cuts in a row by the adversary: 1 or 2, or 3, of which the third is in trust, journal or trailer.")
    var cuts = 3

    @Option(help: "End each scenario of the adversary after so many minutes; what is left then is told.")
    var minutes = 60.0

    @Option(help: "Tears of each kind at each operation.")
    var tears = Effort.full.firstTears

    @Option(help: "Cut every so manieth recovery.")
    var secondEvery = Effort.full.secondEvery

    @Option(help: "Write the results as JSON to this file.")
    var stats: String?

    func validate() throws {
        guard threads > 0, threads <= 64 else { throw ValidationError("--threads must be 1 to 64.") }
        guard tears > 0, tears <= 1000 else { throw ValidationError("--tears must be 1 to 1000.") }
        guard 1...3 ~= cuts else { throw ValidationError("--cuts must be 1 to 3.") }
        guard secondEvery > 0 else { throw ValidationError("--second-every must be at least 1.") }
        let isReplay = !cut.isEmpty || !leg.isEmpty || probe != nil
        guard !isReplay || geometry.count == 1 && scenario.count == 1 else {
            throw ValidationError("--cut, --leg and --probe need one --geometry and one --scenario.")
        }
        guard leg.isEmpty || cut.isEmpty && probe == nil else {
            throw ValidationError("--leg is of the adversary, --cut and --probe are of the samples: not both.")
        }
    }

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        var effort = Effort.full
        effort.firstTears = tears
        effort.secondEvery = secondEvery
        effort.seed = seed
        if let geometry = geometry.first, let scenario = scenario.first {
            if !leg.isEmpty { return try show(Adversary(geometry, scenario, .full).replay(leg)) }
            if !cut.isEmpty || probe != nil {
                return try show(Exploration(geometry, scenario, effort).replay(cut, probe: probe))
            }
        }
        say("seed \(seed)")
        var report = PowerReport(seed: seed)
        let clock = ContinuousClock()
        let start = clock.now
        if part.isEmpty || part.contains(.adversary) {
            var effort = cuts == 1 ? AdversaryEffort.test : cuts == 2 ? .twoCuts : .full
            effort.seed = seed
            let chosen = try Adversary.all(effort).filter { isChosen($0.geometry, $0.scenario) }
            report.adversary = await ExplorationRunner.run(
                chosen,
                threads: threads,
                body: { adversary in
                    let end = clock.now + .seconds(60) * minutes
                    return adversary.run { clock.now > end }
                }
            ) { result in
                let seconds = Int((clock.now - start) / .seconds(1))
                say(
                    "adversary, \(seconds) s: \(result.geometry) \(result.scenario), \(result.stateCount) states, "
                        + "\(result.branches) branches, \(result.waiting + result.cutShort) left"
                )
                for violation in result.violations { say("\(violation.what)\n  again: \(violation.command)") }
            }
        }
        if part.isEmpty || part.contains(.samples) {
            let chosen = try Exploration.all(effort).filter { isChosen($0.geometry, $0.scenario) }
            report.samples = await ExplorationRunner.run(chosen, threads: threads, body: { $0.run() }) { result in
                let seconds = Int((clock.now - start) / .seconds(1))
                say("samples, \(seconds) s: \(result.geometry) \(result.scenario), \(result.states) states")
            }
        }
        report.seconds = (clock.now - start) / .seconds(1)
        print(report.table)
        if let stats { try report.write(to: stats) }
        if report.violationCount > 0 { throw ExitCode(1) }
    }

    private func isChosen(_ one: PowerGeometry, _ other: PowerScenario) -> Bool {
        (geometry.isEmpty || geometry.contains(one)) && (scenario.isEmpty || scenario.contains(other))
    }

    private func say(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    private func show(_ found: (violation: RunError?, lines: [String])) throws {
        for line in found.lines { print(line) }
        guard let violation = found.violation else { return print("nothing wrong") }
        print(violation.description)
        throw ExitCode(1)
    }
}

extension PowerGeometry: ExpressibleByArgument {}
extension PowerScenario: ExpressibleByArgument {}
extension Probe: ExpressibleByArgument {}

extension Leg: ExpressibleByArgument {
    /// As findings name it.
    public init?(argument: String) {
        self.init(argument)
    }
}

extension CutPoint: ExpressibleByArgument {
    /// As ``CutPoint`` writes itself.
    public init?(argument: String) {
        self.init(argument)
    }
}
