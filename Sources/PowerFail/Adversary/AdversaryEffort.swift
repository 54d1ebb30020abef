/// How far the adversary goes, by the number of cuts before.
public struct AdversaryEffort: Equatable, Sendable {
    /// Cuts everywhere.
    public var cuts: Int
    /// Cuts in the trust area, the journal and the trailers.
    public var cutsInRecords: Int
    /// How many answers may deviate, each of a unit's first read or of its first one after an operation.
    public var deviations: [Int]
    /// How many answers may deviate at any read.
    public var flips: [Int]
    /// Runs whose answers are drawn by lot.
    public var samples: [Int]
    /// After so many cuts at most each read is wrong once, of a flash without doubt.
    public var misreadCuts: Int
    /// Runs of one activity from one state, at most.
    public var runLimit: Int
    /// Runs of one scenario on one geometry, at most.
    public var totalLimit: Int
    /// Of what is drawn.
    public var seed: UInt64

    /// See the properties.
    public init(
        cuts: Int,
        cutsInRecords: Int,
        deviations: [Int],
        flips: [Int],
        samples: [Int],
        misreadCuts: Int,
        runLimit: Int,
        totalLimit: Int,
        seed: UInt64 = 0
    ) {
        self.cuts = cuts
        self.cutsInRecords = cutsInRecords
        self.deviations = deviations
        self.flips = flips
        self.samples = samples
        self.misreadCuts = misreadCuts
        self.runLimit = runLimit
        self.totalLimit = totalLimit
        self.seed = seed
    }

    /// For every test run.
    public static let test = AdversaryEffort(
        cuts: 1,
        cutsInRecords: 1,
        deviations: [0, 1],
        flips: [0, 0],
        samples: [0, 2],
        misreadCuts: 0,
        runLimit: 2_000,
        totalLimit: 1_000_000
    )

    /// A second cut everywhere.
    public static let twoCuts = AdversaryEffort(
        cuts: 2,
        cutsInRecords: 2,
        deviations: [0, 1, 0],
        flips: [0, 0, 0],
        samples: [0, 4, 1],
        misreadCuts: 1,
        runLimit: 10_000,
        totalLimit: .max
    )

    /// For `Tools/bench power`.
    public static let full = AdversaryEffort(
        cuts: 2,
        cutsInRecords: 3,
        deviations: [0, 2, 1, 0],
        flips: [0, 1, 0, 0],
        samples: [0, 8, 2, 0],
        misreadCuts: 1,
        runLimit: 50_000,
        totalLimit: .max
    )

    func value(_ values: [Int], after cuts: Int) -> Int { cuts < values.count ? values[cuts] : 0 }
}
