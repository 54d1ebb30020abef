/// What came of one scenario on one geometry against the adversary.
public struct AdversaryResult: Sendable {
    /// The flash.
    public let geometry: PowerGeometry
    /// What was played.
    public let scenario: PowerScenario
    /// Different states, by the number of cuts that led to them: bytes, units in doubt, what was going on, what may
    /// boot next, and what is called next.
    public internal(set) var states: [Int] = []
    /// Runs of one activity, each with other answers.
    public internal(set) var branches = 0
    /// Power cuts.
    public internal(set) var cuts = 0
    /// States of which not all branches within the bounds were run.
    public internal(set) var cutShort = 0
    /// States that were found and not gone on from, as it was ended before.
    public internal(set) var waiting = 0
    /// States in which units had changed their answers for so many boots that they went on with one.
    public internal(set) var unsettled = 0
    /// Whether everything within the bounds was run.
    public var isExhaustive: Bool { cutShort == 0 && waiting == 0 }
    /// What must never happen, and did.
    public internal(set) var violations: [AdversaryViolation] = []

    init(geometry: PowerGeometry, scenario: PowerScenario) {
        self.geometry = geometry
        self.scenario = scenario
    }

    /// Different states, after any number of cuts.
    public var stateCount: Int { states.reduce(0, +) }
}

/// Something that must never happen, and how to see it again.
public struct AdversaryViolation: Sendable {
    /// The flash.
    public let geometry: PowerGeometry
    /// What was played.
    public let scenario: PowerScenario
    /// How the adversary came there.
    public let legs: [Leg]
    /// What happened.
    public let what: String

    /// The command that plays just this.
    public var command: String {
        "Tools/bench power --geometry \(geometry) --scenario \(scenario)"
            + legs.map { " --leg \($0.text)" }.joined()
    }
}
