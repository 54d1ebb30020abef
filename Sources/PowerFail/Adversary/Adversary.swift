import Bootloader
import Flash
import FlashEmulator
import SeededRandom

/// Every state that power cuts can lead one scenario to on one geometry, where what a unit in doubt answers is decided
/// by an adversary: it branches on every answer, and nothing is drawn.
///
/// A state is what a flash holds between two activities, or after a cut: bytes, units in doubt, and what the world
/// knows. From each, the next activity is run with every sequence of answers within the bounds of `AdversaryEffort`,
/// and cut before and inside each of its operations. Equal states are one.
public struct Adversary: Sendable {
    /// The flash.
    public let geometry: PowerGeometry
    /// What is played.
    public let scenario: PowerScenario
    private let effort: AdversaryEffort
    private let setting: Setting

    /// Prepares flash and images of the scenario.
    public init(_ geometry: PowerGeometry, _ scenario: PowerScenario, _ effort: AdversaryEffort) throws {
        self.geometry = geometry
        self.scenario = scenario
        self.effort = effort
        setting = try Setting(geometry, scenario, isSmall: true)
    }

    /// Every scenario, on the geometries that differ in what matters here: unit, erased value, write once.
    public static func all(_ effort: AdversaryEffort) throws -> [Adversary] {
        try PowerScenario.allCases.flatMap { scenario in
            try PowerGeometry.exhaustible.map { try Adversary($0, scenario, effort) }
        }
    }

    /// Explores.
    ///
    /// - Parameter isStopped: asked now and then; `true` ends it early.
    /// - Returns: what was found.
    public func run(isStopped: @escaping () -> Bool = { false }) -> AdversaryResult {
        do {
            let search = try AdversarySearch(setting, effort, start: start(), isStopped: isStopped)
            return search.run()
        } catch {
            var result = AdversaryResult(geometry: geometry, scenario: scenario)
            let what = "the start: \(error)"
            result.violations = [AdversaryViolation(geometry: geometry, scenario: scenario, legs: [], what: what)]
            return result
        }
    }

    /// Plays one path.
    ///
    /// - Returns: what went wrong, or `nil`; and what was done, in words.
    public func replay(_ legs: [Leg]) throws -> (violation: RunError?, lines: [String]) {
        try AdversaryReplay(setting, start()).run(legs)
    }

    private func start() throws -> AdversaryState {
        let (flash, facts) = try scenario.start(setting)
        let picture = DoubtfulPicture(
            geometry: setting.map.geometry,
            isWriteOnce: geometry.isWriteOnce,
            contents: flash.contents
        )
        return AdversaryState(picture: picture, facts: facts, next: setting.first(facts))
    }
}

/// Where an activity begins.
struct AdversaryState {
    var picture: DoubtfulPicture
    var facts: Facts
    var next: Activity
    /// Boots since the last cut: the goal must be reached.
    var boots = 0
    /// Units in doubt have changed their answers for so many boots that they go on with one: this one.
    var constant: Int?
    /// Power cuts, and reads that were wrong, up to here.
    var faults = 0
    var trail: Trail?

    var fingerprint: UInt64 {
        let progress = UInt64(boots) | UInt64(constant.map { $0 + 1 } ?? 0) << 32
        var hash = SplitMix64.mix(picture.fingerprint ^ SplitMix64.mix(facts.fingerprint &+ progress))
        let activity: UInt64
        switch next {
        case .boot: activity = 1
        case .confirmation(let version): activity = 2 ^ version.ordinal << 8
        case .session: activity = 3
        case .rotation(let version): activity = 4 ^ (version?.ordinal ?? 0) << 8
        case .last: activity = 5
        case .probe(let probe): activity = 6 ^ UInt64(Probe.allCases.firstIndex(of: probe) ?? 0) << 8
        }
        hash = SplitMix64.mix(hash ^ activity)
        // What a server offers after a cut may depend on how many there were.
        return hash ^ UInt64(facts.cuts % 2)
    }
}

extension AdversaryState {
    /// What a cut leaves.
    static func afterCut(_ picture: DoubtfulPicture, _ facts: Facts, _ setting: Setting) -> AdversaryState {
        var state = AdversaryState(picture: picture, facts: facts, next: .boot)
        state.facts.cuts += 1
        state.facts.offer = setting.scenario.offer(after: state.facts)
        state.next = setting.first(state.facts)
        return state
    }
}

extension DoubtfulPicture {
    /// What the power leaves of an operation.
    mutating func tear(_ operation: DoubtfulChip.Operation, group: UInt8) {
        switch operation {
        case .program(let address, let bytes): tearProgram(bytes.span.bytes, at: address, group: group)
        case .erase(let sector): tearErase(sector, group: group)
        }
    }
}
