import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import UpdateClient

/// What a device does next, at one go: nothing of it survives a power cut but what is in flash.
enum Activity: Hashable, Sendable {
    case boot
    case confirmation(ImageVersion)
    case session
    /// Other keys; then the confirmation of what is on trial, if anything is.
    case rotation(confirms: ImageVersion?)
    /// One more boot: what was reached stays so.
    case last
    /// Somebody kills the boot and calls `confirm`, `update` or `status` before the next one.
    case probe(Probe)
}

/// What may be called at any moment, whatever a cut left.
public enum Probe: String, CaseIterable, Sendable { case confirmation, session, status }

/// A device, its application and its server, from a state of the flash to the scenario's goal.
///
/// The same code makes the clean run and every recovery: it looks only at the flash and at the facts. Checked on the
/// way:
/// - a signed image boots, byte for byte one that the facts allow: never a mix, never older than what was confirmed,
///   and never one whose trial was over;
/// - a trial that is not confirmed is gone at the next boot, what was confirmed stays;
/// - the security counter is never ahead of what was confirmed, and never goes back;
/// - the trusted keys are the old ones or the new ones, and once they were seen to be the new ones they stay;
/// - progress in the journal is true: a marked unit is in flash, byte for byte, every bit of it sure;
/// - a cut costs at most one sector of progress, and the journal only if it was in it;
/// - a request that was followed is not reported as damaged, and no image as rolled back that was not tried;
/// - what `confirm` and `update` say stays true, whenever they are called;
/// - no call ends in an error that the power does not explain;
/// - the goal is reached within a few resets.
struct Life<Flash: ObservedFlash> {
    typealias Machine = UpdateMachine<Flash, RunCryptography>

    let setting: Setting
    var flash: Flash
    private(set) var facts: Facts
    /// Facts, and how many operations were done when they became so.
    private(set) var timeline: [(operations: Int, facts: Facts)]
    /// What the first run of the client has to go on with.
    var progress: Progress?

    /// Resets until the goal must be reached: a request, a trial, a rollback, another release and its trial, twice.
    static var roundLimit: Int { 16 }
    /// Programs and erases of one activity: far more than any of these scenarios takes.
    private static var operationLimit: Int { 1_000 }

    init(_ setting: Setting, flash: Flash, facts: Facts, progress: Progress? = nil) {
        self.setting = setting
        self.flash = flash
        self.facts = facts
        self.progress = progress
        timeline = [(0, facts)]
        flash.note(facts)
    }

    /// Goes on to the scenario's goal.
    ///
    /// - Parameter probe: what is called before.
    /// - Throws: `RunError.violation`.
    mutating func run(after probe: Probe? = nil) throws {
        try checkProgress()
        if let objection = progress?.objection(flash, setting) { throw RunError.violation(objection) }
        if let probe { _ = try perform(.probe(probe)) }
        var next: Activity? = setting.first(facts, wasProbed: probe != nil)
        var boots = 0
        while let activity = next {
            if activity == .boot { boots += 1 }
            guard boots <= Self.roundLimit else {
                throw RunError.violation("the goal is not reached after \(Self.roundLimit) resets")
            }
            next = try perform(activity)
        }
    }

    /// Does one thing.
    ///
    /// - Returns: what comes next; nil: nothing, the goal is reached and stays so.
    /// - Throws: `RunError.violation`.
    mutating func perform(_ activity: Activity) throws -> Activity? {
        let before = flash.operationCount
        let next: Activity?
        switch activity {
        case .boot:
            next = self.next(after: try boot())
        case .confirmation(let version):
            try confirm(version)
            let isGoal = setting.scenario.endsConfirmed && setting.image(facts.offer).version == version
            next = isGoal ? .last : .boot
        case .session:
            next = try session() == .goal ? .last : .boot
        case .rotation(let version):
            try rotate()
            next = version.map { .confirmation($0) } ?? (setting.scenario.isBootOnly ? .last : .session)
        case .last:
            _ = try boot()
            try checkProgress()
            next = nil
        case .probe(let probe):
            try perform(probe)
            next = setting.first(facts, wasProbed: true)
        }
        let operations = flash.operationCount - before
        guard operations <= Self.operationLimit else {
            throw RunError.violation("\(operations) programs and erases in one \(activity)")
        }
        return next
    }

    private func next(after report: BootReport) -> Activity {
        let scenario = setting.scenario
        if report.isTrial {
            let version = report.image.version
            guard scenario.confirms(setting, version) else { return .boot }
            return scenario.rotates ? .rotation(confirms: version) : .confirmation(version)
        }
        if scenario.rotates { return .rotation(confirms: nil) }
        return scenario.isBootOnly ? .last : .session
    }

    mutating func note(_ change: (inout Facts) -> Void) {
        change(&facts)
        timeline.append((flash.operationCount, facts))
        flash.note(facts)
    }

    // MARK: What is set up

    /// Downloads and commits what the server has.
    mutating func commit() throws {
        _ = try session()
        guard !facts.expectation.trial.isEmpty else { throw RunError.setup("a commit") }
    }

    /// Boots the trial of what was committed.
    mutating func beginTrial() throws {
        guard try boot().isTrial else { throw RunError.setup("a trial") }
    }
}

extension Setting {
    /// What comes after the start, or after a power cut.
    func first(_ facts: Facts, wasProbed: Bool = false) -> Activity {
        if !wasProbed, scenario.isKilledOnly, facts.step == .session || facts.cuts == 0 { return .session }
        if scenario == .confirm, facts.cuts == 0 { return .confirmation(images.new.version) }
        return .boot
    }

    func image(_ offer: Offer) -> Image {
        switch offer {
        case .new: images.new
        case .newer: images.newer
        case .newest: images.newest
        case .older: images.older
        case .broken: images.broken
        }
    }
}
