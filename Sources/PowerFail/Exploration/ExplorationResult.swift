import Bootloader

/// What came out of one scenario on one geometry.
public struct ExplorationResult: Sendable {
    /// The flash.
    public let geometry: PowerGeometry
    /// What was played.
    public let scenario: PowerScenario
    /// Programs and erases of the run without a cut.
    public internal(set) var operations = 0
    /// Cuts made, some of which left the same.
    public internal(set) var cuts = 0
    /// Different states after the first cut.
    public internal(set) var firstStates = 0
    /// Different states in all; see `CutState.fingerprint`.
    public internal(set) var states = 0
    /// Devices that lived on from one of them to the goal.
    public internal(set) var lives = 0
    /// What must never happen, and did.
    public internal(set) var violations: [Violation] = []
    /// Of the run without a cut.
    public internal(set) var wear = WearSummary()

    init(geometry: PowerGeometry, scenario: PowerScenario) {
        self.geometry = geometry
        self.scenario = scenario
    }
}

/// Something that must never happen, and how to see it again.
public struct Violation: Sendable {
    /// The flash.
    public let geometry: PowerGeometry
    /// What was played.
    public let scenario: PowerScenario
    /// The cuts, one in the recovery of the other.
    public let path: [CutPoint]
    /// What was called after the last cut; nil: the device booted.
    public let probe: Probe?
    /// Of the tears.
    public let seed: UInt64
    /// What happened.
    public let what: String

    /// The command that plays just this.
    public var command: String {
        let cuts = path.map { " --cut \($0.text)" }.joined()
        let probed = probe.map { " --probe \($0)" } ?? ""
        return "Tools/bench power --geometry \(geometry) --scenario \(scenario)\(cuts)\(probed) --seed \(seed)"
    }
}

/// Erases of one run, by area.
public struct WearSummary: Sendable {
    /// Of the most erased sector.
    public private(set) var most: [FlashAreaName: UInt32] = [:]
    /// Of all sectors.
    public private(set) var total: [FlashAreaName: UInt32] = [:]

    init() {}

    init(_ wear: [UInt32], _ map: FlashMap) {
        for name in FlashAreaName.allCases {
            let area = map.area(named: name)
            let counts = wear.enumerated().filter { index, _ in
                map.geometry.sector(at: UInt32(index)).map {
                    $0.address >= area.offset && UInt64($0.address) < area.end
                }
                    ?? false
            }
            most[name] = counts.map(\.element).max() ?? 0
            total[name] = counts.reduce(0) { $0 + $1.element }
        }
    }
}
