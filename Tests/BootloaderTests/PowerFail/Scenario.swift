import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

/// What is going on when the power fails.
enum Scenario: String, CaseIterable, Sendable {
    /// Download, request for a test, boot.
    case upgrade
    /// The same for good.
    case permanent
    /// The boot after a trial that was not confirmed.
    case revert
    /// Confirmation of a trial.
    case confirm
    /// A boot with a damaged primary slot.
    case recovery
    /// The boot after a padded image of imgtool's was put into the secondary slot.
    case padded
    /// A request for an older image.
    case downgrade
    /// A second update after a first one, with the first one's traces in both trailers.
    case secondUpgrade
    /// The boot of that second update: the request stands, and is not lost any more.
    case requested

    /// The device before it begins.
    func start(_ geometry: TestGeometry, _ images: Images) throws -> Device {
        var device = try geometry.device()
        try device.install(images.old, in: .primary)
        switch self {
        case .upgrade, .permanent:
            break
        case .revert, .confirm:
            try device.download(images.new)
            try device.control.markPending(.test, flash: &device.flash)
            #expect(try device.boot().isTrial)
        case .recovery:
            try device.install(images.new, in: .secondary)
            device.flash.overwrite(at: device.map.primary.offset + 300, [0, 1, 2, 3, 4, 5])
        case .padded:
            try device.install(images.new, in: .secondary)
            device.setTrailer(.secondary, BootTrailer(magic: .good))
        case .downgrade:
            try device.install(images.new, in: .primary)
            try device.download(images.old)
        case .secondUpgrade, .requested:
            try device.install(images.older, in: .primary)
            try device.download(images.old)
            try device.control.markPending(.permanent, flash: &device.flash)
            #expect(try device.boot().image.version == .v1)
            if self == .requested {
                try device.download(images.new)
                try device.control.markPending(.test, flash: &device.flash)
            }
        }
        return device
    }

    /// What happens, as far as the power lasts.
    func run(_ device: inout Device, _ images: Images) throws {
        switch self {
        case .upgrade, .secondUpgrade:
            try device.download(images.new)
            try device.control.markPending(.test, flash: &device.flash)
            _ = try device.boot()
        case .permanent:
            try device.download(images.new)
            try device.control.markPending(.permanent, flash: &device.flash)
            _ = try device.boot()
        case .confirm:
            try device.confirm()
        case .downgrade:
            try device.control.markPending(.test, flash: &device.flash)
            _ = try device.boot()
        case .revert, .recovery, .padded, .requested:
            _ = try device.boot()
        }
    }

    /// Whether a first boot after the cut may end like this.
    func allows(_ report: BootReport, _ geometry: TestGeometry, afterSecondCut: Bool) -> Bool {
        switch (self, report.image.version) {
        case (.upgrade, .v1), (.secondUpgrade, .v1), (.padded, .v1), (.permanent, .v1), (.confirm, .v1):
            !report.isTrial
        case (.upgrade, .v2), (.secondUpgrade, .v2), (.padded, .v2), (.requested, .v2):
            report.isTrial
        case (.requested, .v1):
            // Only because the trial's one boot was spent: the cut came with the last operation. After a second cut that
            // boot can be over, too.
            (report.action == .reverted || afterSecondCut && report.refusal == nil) && !report.isTrial
        case (.permanent, .v2):
            // Flash that erases to 0x00 can turn "permanent" into "test": see BootStep.
            !report.isTrial || geometry == .zeroErased
        case (.confirm, .v2), (.recovery, .v2), (.downgrade, .v2):
            !report.isTrial
        case (.revert, .v1):
            !report.isTrial
        default:
            false
        }
    }
}

/// The images of a scenario: the new one has more sectors than the old.
struct Images: Sendable {
    let older: [UInt8]
    let old: [UInt8]
    let new: [UInt8]

    init(_ geometry: TestGeometry) throws {
        let sector = try Int(geometry.map().slotSectorSizeBytes)
        older = try TestImages.image(ImageVersion(major: 0, minor: 1, revision: 0), bodyBytes: sector * 2)
        old = try TestImages.image(.v1, bodyBytes: sector + sector / 3)
        new = try TestImages.image(.v2, bodyBytes: sector * 2 - sector / 3)
    }

    func bytes(of version: ImageVersion) -> [UInt8]? {
        switch version {
        case .v1: old
        case .v2: new
        default: nil
        }
    }
}
