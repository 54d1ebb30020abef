import FirmwareImage
import SeededRandom

/// What the world outside of the flash knows: it survives every power cut, and says what may boot next.
package struct Facts: Hashable, Sendable {
    /// What was going on.
    package enum Step: UInt8, Hashable, Sendable { case rest, boot, confirmation, session, rotation }

    var step = Step.rest
    var expectation: Expectation
    /// What ran for good last.
    var origin: ImageVersion
    /// What a boot said is on trial, until something else is said of it.
    var onTrial: ImageVersion?
    /// What the secondary's trailer asks for: whole requests, those that were being written, and those whose erase was
    /// cut short, until it reads erased and both trailers are sure.
    var asked = Expectation()
    /// What `confirm` was called for, and not known to have lost since.
    var confirming: ImageVersion?
    /// A boot was cut short, and none was completed since: a swap may be under way.
    var isBootCut = false
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

    package init(expectation: Expectation, origin: ImageVersion, offer: Offer) {
        self.expectation = expectation
        self.origin = origin
        self.offer = offer
    }

    /// One number of all but the cuts.
    var fingerprint: UInt64 {
        var value = UInt64(anchorSet) << 16 | UInt64(step.rawValue) << 8 | UInt64(offer.rawValue)
        value |= isBootCut ? 1 << 63 : 0
        let tried = Expectation(trial: tried)
        let words = [
            origin.ordinal, UInt64(counter), expectation.fingerprint, tried.fingerprint, onTrial?.ordinal ?? 0,
            asked.fingerprint, confirming?.ordinal ?? 0,
        ]
        for word in words { value = SplitMix64.mix(value ^ word) }
        return value
    }
}

/// Which image the server has.
package enum Offer: UInt8, Hashable, Sendable { case new, newer, newest, older, broken }

/// What the next boot may end in.
package struct Expectation: Hashable, Sendable {
    /// For good.
    var lasting: Set<ImageVersion> = []
    /// On trial.
    var trial: Set<ImageVersion> = []
    /// For good, but only because a trial ended without confirmation.
    var reverted: Set<ImageVersion> = []

    package static func settled(_ version: ImageVersion) -> Expectation { Expectation(lasting: [version]) }

    /// This, or what is asked for.
    func or(_ asked: Expectation) -> Expectation {
        Expectation(
            lasting: lasting.union(asked.lasting),
            trial: trial.union(asked.trial),
            reverted: reverted.union(asked.reverted)
        )
    }

    fileprivate var fingerprint: UInt64 {
        var value: UInt64 = 0
        for (index, versions) in [lasting, trial, reverted].enumerated() {
            for version in versions { value ^= SplitMix64.mix(version.ordinal ^ UInt64(index + 1) << 61) }
        }
        return value
    }

    var text: String {
        let parts =
            lasting.map(\.text) + trial.map { "\($0.text) on trial" } + reverted.map { "\($0.text) by a revert" }
        return parts.isEmpty ? "nothing" : parts.sorted().joined(separator: ", ")
    }
}

extension ImageVersion {
    var text: String { "\(major).\(minor).\(revision)" }
}
