import FirmwareImage

/// What the world outside of the flash knows: it survives every power cut, and says what may boot next.
struct Facts: Hashable, Sendable {
    /// What was going on.
    enum Step: UInt8, Hashable, Sendable { case rest, boot, confirmation, session, rotation }

    var step = Step.rest
    var expectation: Expectation
    /// What ran for good last.
    var origin: ImageVersion
    /// What the server has.
    var offer: Offer
    /// The security counter when somebody looked.
    var counter: UInt32 = 0
    /// The number of the set of trusted keys that was in force when somebody looked.
    var anchorSet: UInt32 = 0
    /// What was tried, and may be called rolled back for that.
    var tried: Set<ImageVersion> = []
    /// Power cuts so far.
    var cuts = 0

    /// One number of all but the cuts.
    var fingerprint: UInt64 {
        var value = UInt64(anchorSet) << 16 | UInt64(step.rawValue) << 8 | UInt64(offer.rawValue)
        let tried = Expectation(trial: tried)
        for word in [origin.ordinal, UInt64(counter), expectation.fingerprint, tried.fingerprint] {
            value = RunRandom.mix(value ^ word)
        }
        return value
    }
}

/// Which image the server has.
enum Offer: UInt8, Hashable, Sendable { case new, newer, newest, older, broken }

/// What the next boot may end in.
struct Expectation: Hashable, Sendable {
    /// For good.
    var lasting: Set<ImageVersion> = []
    /// On trial.
    var trial: Set<ImageVersion> = []
    /// For good, but only because a trial ended without confirmation.
    var reverted: Set<ImageVersion> = []

    static func settled(_ version: ImageVersion) -> Expectation { Expectation(lasting: [version]) }

    fileprivate var fingerprint: UInt64 {
        var value: UInt64 = 0
        for (index, versions) in [lasting, trial, reverted].enumerated() {
            for version in versions { value ^= RunRandom.mix(version.ordinal ^ UInt64(index + 1)) }
        }
        return value
    }
}
