import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import UpdateClient

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
/// - no call ends in an error that the power does not explain;
/// - the goal is reached within a few resets.
struct Life {
    typealias Machine = UpdateMachine<MemoryFlash, RunCryptography>

    let setting: Setting
    var flash: MemoryFlash
    private(set) var facts: Facts
    /// Facts, and how many operations were recorded when they became so.
    private(set) var timeline: [(operations: Int, facts: Facts)]

    /// Resets until the goal must be reached: a request, a trial, a rollback, another release and its trial, twice.
    private static let roundLimit = 16

    /// What the first run of the client has to go on with.
    private var progress: Progress?

    init(_ setting: Setting, flash: MemoryFlash, facts: Facts, progress: Progress? = nil) {
        self.setting = setting
        self.flash = flash
        self.facts = facts
        self.progress = progress
        timeline = [(0, facts)]
    }

    /// Goes on to the scenario's goal.
    ///
    /// - Throws: `RunError.violation`.
    mutating func run() throws {
        try checkProgress()
        if let objection = progress?.objection(flash, setting) { throw RunError.violation(objection) }
        let scenario = setting.scenario
        if scenario.isKilledOnly, facts.step == .session || facts.cuts == 0, try session() == .goal {
            return try checkGoal()
        }
        if scenario == .confirm, facts.cuts == 0 {
            try confirm(setting.images.new.version)
            return try checkGoal()
        }
        for _ in 0..<Self.roundLimit {
            let report = try boot()
            if report.isTrial {
                guard scenario.confirms(setting, report.image.version) else { continue }
                if scenario.rotates { try rotate() }
                try confirm(report.image.version)
                if scenario.endsConfirmed, facts.offerIsRunning(setting, report.image.version) {
                    return try checkGoal()
                }
                continue
            }
            if scenario.rotates { try rotate() }
            if scenario.isBootOnly { return try checkGoal() }
            if try session() == .goal { return try checkGoal() }
        }
        throw RunError.violation("the goal is not reached after \(Self.roundLimit) resets")
    }

    // MARK: What happens

    private enum SessionEnd { case goal, goesOn }

    private mutating func boot() throws -> BootReport {
        let allowed = facts.expectation
        note { facts in
            facts.step = .boot
            // A cut in this boot can come after the swap is done; its one boot is then over.
            if !facts.expectation.trial.isEmpty { facts.expectation.reverted.insert(facts.origin) }
            facts.tried.formUnion(facts.expectation.trial)
        }
        let report: BootReport
        do throws(BootError) {
            report = try Bootloader<RunCryptography>.boot(flash: &flash, map: setting.map)
        } catch {
            throw RunError.violation("does not boot: \(error)")
        }
        try check(report, allowed)
        try checkTrust(report)
        note { facts in
            facts.step = .rest
            let version = report.image.version
            if report.isTrial {
                // Its one boot is spent.
                facts.expectation = .settled(facts.origin)
            } else {
                facts.expectation = .settled(version)
                facts.origin = version
            }
        }
        return report
    }

    private func check(_ report: BootReport, _ allowed: Expectation) throws {
        if report.refusal == .damagedRequest, report.action == .swappedForTest || report.action == .swappedPermanently {
            throw RunError.violation("\(report.action), and yet the request is called damaged")
        }
        let version = report.image.version
        guard let image = setting.images.bootable.first(where: { $0.version == version }),
            setting.holds(image, in: .primary, flash)
        else { throw RunError.violation("runs a mix that says it is \(version.text)") }
        let isAllowed: Bool
        if report.isTrial {
            isAllowed = allowed.trial.contains(version)
        } else if allowed.lasting.contains(version) {
            isAllowed = true
        } else {
            // The boot that reverted may itself have been cut: then the next one only finds it done.
            isAllowed =
                allowed.reverted.contains(version)
                && (report.action == .reverted || facts.cuts >= 2 && report.refusal == nil)
        }
        guard isAllowed else {
            throw RunError.violation(
                "runs \(version.text)\(report.isTrial ? " on trial" : ""), \(report.action); allowed: \(allowed.text)"
            )
        }
    }

    /// What the trust record says after a boot.
    private mutating func checkTrust(_ report: BootReport) throws {
        let record = try trust()
        // Confirmed images have advanced it, and a trial has not.
        let confirmed = UInt32(report.isTrial ? facts.origin.major : report.image.version.major)
        guard record.securityCounter <= confirmed, record.securityCounter >= facts.counter else {
            throw RunError.violation(
                "the security counter is \(record.securityCounter), was \(facts.counter); confirmed is \(confirmed)"
            )
        }
        let key = record.anchorSetNumber == 0 ? Images.trustedKey : Images.nextKey
        guard record.anchorSetNumber >= facts.anchorSet, record.anchors == TrustAnchors(try Images.anchor(key)) else {
            throw RunError.violation("the trusted keys are of set \(record.anchorSetNumber), after \(facts.anchorSet)")
        }
        note { facts in
            facts.counter = record.securityCounter
            facts.anchorSet = record.anchorSetNumber
        }
    }

    private func trust() throws -> TrustRecord {
        var copy = flash
        do throws(TrustError) {
            return try TrustStore(map: setting.map).read(flash: &copy)
        } catch {
            throw RunError.violation("the trust record cannot be read: \(error)")
        }
    }

    /// Other keys from now on.
    private mutating func rotate() throws {
        note { $0.step = .rotation }
        let rotation = setting.images.rotation
        do throws(RotationError) {
            _ = try TrustRotator<RunCryptography>.apply(rotation.span.bytes, flash: &flash, map: setting.map)
        } catch {
            // It was applied before the cut.
            guard case .replayed(1, 1) = error, facts.cuts > 0 else {
                throw RunError.violation("the rotation fails: \(error)")
            }
        }
        note { facts in
            facts.step = .rest
            facts.anchorSet = 1
        }
    }

    private mutating func confirm(_ version: ImageVersion) throws {
        note { facts in
            facts.step = .confirmation
            facts.expectation.lasting.insert(version)
        }
        let report: ConfirmationReport
        do throws(ConfirmationError) {
            report = try Confirmation<RunCryptography>.confirm(flash: &flash, map: setting.map)
        } catch {
            throw RunError.violation("confirmation fails: \(error)")
        }
        guard report.image.version == version, report.securityCounter == UInt32(version.major) else {
            throw RunError.violation("confirmed \(report.image.version.text), counter \(report.securityCounter)")
        }
        note { facts in
            facts.step = .rest
            facts.expectation = .settled(version)
            facts.origin = version
        }
    }

    /// One run of the client, to its end.
    private mutating func session() throws -> SessionEnd {
        let image = setting.image(facts.offer)
        note { facts in
            facts.step = .session
            if image.version > facts.origin, facts.offer != .broken { facts.expectation.trial.insert(image.version) }
            facts.expectation.lasting.insert(facts.origin)
        }
        let outcome = try update(from: image)
        try checkProgress()
        progress = nil
        switch outcome {
        case .committed(let summary) where summary.version == image.version && facts.offer != .broken:
            note { facts in
                facts.step = .rest
                facts.expectation = Expectation(trial: [image.version])
            }
            return setting.scenario.endsCommitted ? .goal : .goesOn
        case .upToDate where image.version == facts.origin:
            return endSession(goal: true)
        case .refused(.rolledBack(image.version)) where facts.tried.contains(image.version):
            let isGoal = setting.scenario.endsRolledBack
            return endSession(goal: isGoal, nextOffer: isGoal ? nil : facts.offer == .newer ? .newest : .newer)
        case .refused(.downgrade) where image.version < facts.origin:
            return endSession(goal: true)
        case .refused(.image(.badSignature)) where facts.offer == .broken:
            // The same once more, as long as nobody releases another.
            let again = try update(from: image)
            guard again == .refusedEarlier(.image(.badSignature)) else {
                throw RunError.violation("a refused image is taken again, which ends as \(again)")
            }
            return endSession(goal: false, nextOffer: .new)
        case .refusedEarlier(.image(.badSignature)) where facts.offer == .broken && facts.cuts > 0:
            return endSession(goal: false, nextOffer: .new)
        default:
            throw RunError.violation("the update to \(image.version.text) ends as \(outcome)")
        }
    }

    private mutating func endSession(goal: Bool, nextOffer: Offer? = nil) -> SessionEnd {
        note { facts in
            facts.step = .rest
            facts.expectation = .settled(facts.origin)
            if let nextOffer { facts.offer = nextOffer }
        }
        return goal ? .goal : .goesOn
    }

    private mutating func update(from image: Image) throws -> UpdateOutcome {
        var configuration = UpdateConfiguration(productID: Images.productID, map: setting.map)
        configuration.transfer.preferredSZX = setting.geometry.szx
        configuration.transfer.maximumBlocks =
            setting.map.maximumImageSizeBytes >> (UInt32(setting.geometry.szx) + 4) + 1
        configuration.transfer.maximumInFlight = 4
        var machine = Machine(configuration: configuration, randomSeed: 1)
        var server = ImageServer(image)
        let outcome = try exchange(&machine, &server, stopAfter: nil)
        if let objection = progress?.objection(served: server.servedBytes, of: image, cuts: facts.cuts) {
            throw RunError.violation(objection)
        }
        return outcome
    }

    private mutating func exchange(
        _ machine: inout Machine,
        _ server: inout ImageServer,
        stopAfter blocks: UInt32?
    ) throws -> UpdateOutcome {
        var now = Duration.zero
        var answers: [[UInt8]] = []
        machine.start(flash: &flash, now: now)
        for _ in 0..<10_000 {
            switch machine.nextAction(now: now) {
            case .openChannel:
                machine.channelUp(now: now)
            case .closeChannel:
                break
            case .transmit:
                let answer = try server.respond(to: machine.outgoing)
                if !answer.isEmpty { answers.append(answer) }
            case .wait(let until):
                if let blocks, machine.statistics.blocksStored >= blocks {
                    machine.stop()
                } else if !answers.isEmpty {
                    now += .milliseconds(20)
                    // What was asked for last arrives first, so that sectors are filled from behind.
                    let answer = answers.removeLast()
                    machine.receive(answer.span.bytes, flash: &flash, now: now)
                } else if let until {
                    now = max(now, until)
                    machine.timerFired(flash: &flash, now: now)
                } else {
                    throw RunError.violation("the client waits for nothing")
                }
            case .finished(let outcome):
                return outcome
            }
        }
        throw RunError.violation("the client does not end")
    }

    // MARK: What is set up

    /// Downloads some blocks and is killed.
    mutating func beginDownload(of image: Image, blocks: UInt32) throws {
        var configuration = UpdateConfiguration(productID: Images.productID, map: setting.map)
        configuration.transfer.preferredSZX = setting.geometry.szx
        configuration.transfer.maximumInFlight = 4
        var machine = Machine(configuration: configuration, randomSeed: 2)
        var server = ImageServer(image)
        guard try exchange(&machine, &server, stopAfter: blocks) == .interrupted(.stopped) else {
            throw RunError.setup("the first half of a download")
        }
    }

    /// Downloads and commits what the server has.
    mutating func commit() throws {
        _ = try session()
        guard !facts.expectation.trial.isEmpty else { throw RunError.setup("a commit") }
    }

    /// Boots the trial of what was committed.
    mutating func beginTrial() throws {
        guard try boot().isTrial else { throw RunError.setup("a trial") }
    }

    // MARK: What is checked

    /// What the journal calls progress is in flash, of the one image that it names.
    private func checkProgress() throws {
        var copy = flash
        let status: JournalStatus?
        do throws(FlashError) {
            status = try JournalStatus.read(map: setting.map, flash: &copy)
        } catch {
            throw RunError.violation("the journal cannot be read: \(error)")
        }
        guard let status, !status.isSealed else { return }
        guard
            let image = setting.images.all.first(where: {
                $0.etag == status.identity.etag && $0.bytes.count == Int(status.identity.sizeBytes)
            })
        else { throw RunError.violation("progress of an image that was never offered") }
        let slot = Int(setting.map.secondary.offset)
        for unit in 0..<status.unitCount where status.isMarked(unit) {
            let start = Int(unit * status.unitBytes)
            let range = start..<min(start + Int(status.unitBytes), image.bytes.count)
            let inFlash = slot + range.lowerBound..<slot + range.upperBound
            guard flash.contents[inFlash].elementsEqual(image.bytes[range]) else {
                throw RunError.violation("bytes \(range) of \(image.version.text) are marked, but others are in flash")
            }
            guard !flash.unstableBits.overlaps(inFlash) else {
                throw RunError.violation(
                    "bytes \(range) of \(image.version.text) are marked, but some bits are not sure"
                )
            }
        }
    }

    /// What was reached is so after the next reset, too.
    private mutating func checkGoal() throws {
        _ = try boot()
        try checkProgress()
    }

    private mutating func note(_ change: (inout Facts) -> Void) {
        change(&facts)
        timeline.append((flash.operations.count, facts))
    }
}

extension Facts {
    fileprivate func offerIsRunning(_ setting: Setting, _ version: ImageVersion) -> Bool {
        setting.image(offer).version == version
    }
}

extension Setting {
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

extension Expectation {
    var text: String {
        let parts =
            lasting.map(\.text) + trial.map { "\($0.text) on trial" } + reverted.map { "\($0.text) by a revert" }
        return parts.isEmpty ? "nothing" : parts.sorted().joined(separator: ", ")
    }
}

extension ImageVersion {
    var text: String { "\(major).\(minor).\(revision)" }
}
