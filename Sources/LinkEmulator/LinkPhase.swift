/// A profile from a time on, with what every datagram would need to compute again.
struct LinkPhase: Sendable {
    /// Nanoseconds.
    let from: Int64
    let profile: LinkProfile
    let loss: LossModel
    let duplicate: Chance
    let reorder: Chance
    let corrupt: Chance
    let delayNanoseconds: Int64
    let jitterNanoseconds: Int64

    private init(from: Int64, _ profile: LinkProfile) {
        self.from = from
        self.profile = profile
        loss = LossModel(loss: profile.loss, meanBurstLength: profile.meanBurstLength)
        duplicate = Chance(profile.duplicate)
        reorder = Chance(profile.reorder)
        corrupt = Chance(profile.corrupt)
        delayNanoseconds = profile.delay.wholeNanoseconds
        jitterNanoseconds = profile.jitter.amount.wholeNanoseconds
    }

    /// At least one; the first begins before every time.
    static func all(_ schedule: LinkSchedule) -> [LinkPhase] {
        [LinkPhase(from: .min, schedule.initial)]
            + schedule.changes.map { LinkPhase(from: $0.at.wholeNanoseconds, $0.profile) }
    }
}
