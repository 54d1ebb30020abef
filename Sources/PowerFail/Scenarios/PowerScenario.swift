import Bootloader
import FirmwareImage
import FlashEmulator

/// What is going on when the power fails. The version that runs is 2, what is offered is 3; 4 comes later, 1 is older.
public enum PowerScenario: String, CaseIterable, Sendable {
    /// The client alone, killed in mid-download and started again without a reset in between, to the commit.
    case download
    /// Download, commit, swap, trial, confirmation.
    case upgrade
    /// The same after an earlier update, with its traces in both trailers and in the journal.
    case secondUpgrade
    /// A newer release takes the place of one that is half downloaded; every other recovery finds the first one again.
    case replacement
    /// A newer release takes the place of one that is committed and waits for the reset; every other recovery finds the
    /// first one again.
    case supersede
    /// The same after an earlier update, with its traces in the primary's trailer.
    case secondSupersede
    /// Swap, a trial that is not confirmed, revert; the client does not try the image again.
    case revert
    /// The confirmation of a trial, which advances the security counter, and the boot after it.
    case confirm
    /// A request for a swap for good.
    case permanent
    /// A request as `imgtool sign --pad` writes it.
    case padded
    /// A request for an older image, and a server that offers it.
    case downgrade
    /// A server that offers an image with a bad signature, and then a good one.
    case brokenImage
    /// A request for an image with a bad signature.
    case forgedRequest
    /// A damaged primary slot.
    case recovery
    /// A rotation of the trusted keys while one image runs and another, signed by the old key, is on trial.
    case anchorRotation

    /// The client runs without a reset before it.
    var isKilledOnly: Bool { endsCommitted }
    /// The application starts no client.
    var isBootOnly: Bool {
        switch self {
        case .permanent, .forgedRequest, .recovery, .anchorRotation: true
        default: false
        }
    }
    /// The trusted keys are rotated when the device runs.
    var rotates: Bool { self == .anchorRotation }
    var endsCommitted: Bool { self == .download || self == .replacement || supersedes }
    private var supersedes: Bool { self == .supersede || self == .secondSupersede }
    var endsRolledBack: Bool { self == .revert }
    var endsConfirmed: Bool { !endsCommitted && !endsRolledBack }

    func confirms(_ setting: Setting, _ version: ImageVersion) -> Bool {
        self != .revert || version != setting.images.new.version
    }

    /// What the server has after a cut.
    func offer(after facts: Facts) -> Offer {
        guard self == .replacement || supersedes, facts.cuts % 2 == 1 else { return facts.offer }
        return facts.offer == .newer ? .new : .newer
    }

    /// The flash and the facts before it begins.
    func start(_ setting: Setting) throws -> (MemoryFlash, Facts) {
        let images = setting.images
        var flash = try setting.flash()
        var facts = Facts(expectation: .settled(images.running.version), origin: images.running.version, offer: .new)
        try setting.install(self == .downgrade ? images.new : images.running, in: .primary, &flash)
        let control = SlotControl(map: setting.map)
        switch self {
        case .download, .replacement:
            var life = Life(setting, flash: flash, facts: facts)
            try life.beginDownload(of: images.new, blocks: setting.blocksOfHalf)
            flash = life.flash
            if self == .replacement { facts.offer = .newer }
        case .upgrade:
            break
        case .brokenImage:
            facts.offer = .broken
        case .secondUpgrade:
            try setting.upgradeBefore(&flash)
        case .secondSupersede:
            try setting.upgradeBefore(&flash)
            var life = Life(setting, flash: flash, facts: facts)
            try life.commit()
            (flash, facts) = (life.flash, life.facts)
            facts.offer = .newer
        case .revert, .confirm, .anchorRotation, .supersede:
            var life = Life(setting, flash: flash, facts: facts)
            try life.commit()
            if self == .confirm { try life.beginTrial() }
            (flash, facts) = (life.flash, life.facts)
            if self == .supersede { facts.offer = .newer }
        case .permanent:
            try setting.install(images.new, in: .secondary, &flash)
            try control.markPending(.permanent, flash: &flash)
            facts.expectation = .settled(images.new.version)
            facts.asked = facts.expectation
        case .padded:
            try setting.install(images.new, in: .secondary, &flash)
            try setting.writePaddedRequest(&flash)
            // Nobody was told that the request stands: it may get lost.
            facts.asked = Expectation(trial: [images.new.version])
            facts.expectation = .settled(images.running.version).or(facts.asked)
        case .downgrade:
            try setting.install(images.older, in: .secondary, &flash)
            try control.markPending(.test, flash: &flash)
            facts.offer = .older
            facts.origin = images.new.version
            facts.expectation = .settled(images.new.version)
        case .forgedRequest:
            try setting.install(images.broken, in: .secondary, &flash)
            try control.markPending(.permanent, flash: &flash)
        case .recovery:
            try setting.install(images.new, in: .secondary, &flash)
            flash.overwrite(at: setting.map.primary.offset + 80, [0, 1, 2, 3, 4, 5])
            facts.expectation = .settled(images.new.version)
        }
        flash.clearOperations()
        return (flash, facts)
    }
}

extension Setting {
    /// An update to the image that runs, from an older one.
    fileprivate func upgradeBefore(_ flash: inout MemoryFlash) throws {
        let control = SlotControl(map: map)
        try install(images.older, in: .primary, &flash)
        try install(images.running, in: .secondary, &flash)
        try control.markPending(.test, flash: &flash)
        _ = try Bootloader<RunCryptography>.boot(flash: &flash, map: map)
        try control.confirm(flash: &flash)
        _ = try Bootloader<RunCryptography>.boot(flash: &flash, map: map)
    }

    /// The trailer of `imgtool sign --pad`: a magic and nothing else.
    fileprivate func writePaddedRequest(_ flash: inout MemoryFlash) throws {
        let layout = map.trailer
        // The magic as this system's own request has it.
        var other = try self.flash()
        try install(images.new, in: .secondary, &other)
        try SlotControl(map: map).markPending(.test, flash: &other)
        let start = Int(map.secondary.offset + layout.magicAreaOffset)
        let end = Int(map.secondary.offset + map.secondary.sizeBytes)
        try flash.program(at: UInt32(start), Array(other.contents[start..<end]).span.bytes)
    }
}
