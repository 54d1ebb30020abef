import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

/// What a boot does, without power cuts.
@Suite(.timeLimit(.minutes(15))) struct BootTests {
    private func device(
        _ name: TestGeometry = .words,
        primary: [UInt8]? = nil,
        secondary: [UInt8]? = nil
    ) throws -> Device {
        var device = try name.device()
        if let primary { try device.install(primary, in: .primary) }
        if let secondary { try device.install(secondary, in: .secondary) }
        return device
    }

    private let old: [UInt8]
    private let new: [UInt8]

    init() throws {
        old = try TestImages.image(.v1, bodyBytes: 900)
        new = try TestImages.image(.v2, bodyBytes: 1300)
    }

    @Test func nothingProvisioned() throws {
        let map = try TestGeometry.words.map()
        var flash = MemoryFlash(geometry: map.geometry)
        #expect(throws: BootError.trust(.notProvisioned)) { try StubBootloader.boot(flash: &flash, map: map) }
    }

    @Test func emptySlots() throws {
        var device = try device()
        #expect(throws: BootError.noBootableImage(primary: .notAnImage, secondary: .notAnImage)) {
            try device.boot()
        }
    }

    @Test(arguments: TestGeometry.allCases) func trialAndConfirm(_ name: TestGeometry) throws {
        var device = try device(name, primary: old)
        #expect(try device.boot().action == .none)
        try device.download(new)
        #expect(try device.boot().action == .none)
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.control.state(flash: &device.flash).nextSwap == .test)
        let trial = try device.boot()
        #expect(trial.action == .swappedForTest)
        #expect(trial.isTrial)
        #expect(!trial.resumedSwap)
        #expect(trial.image.version == .v2)
        #expect(device.bytes(in: .primary, count: new.count) == new)
        #expect(device.bytes(in: .secondary, count: old.count) == old)
        let state = try device.control.state(flash: &device.flash)
        #expect(state.isTrial)
        #expect(state.primary.image?.version == .v2)
        #expect(state.secondary.image?.version == .v1)
        try device.confirm()
        let confirmed = try device.boot()
        #expect(confirmed.action == .none)
        #expect(!confirmed.isTrial)
        #expect(confirmed.image.version == .v2)
    }

    @Test(arguments: TestGeometry.allCases) func trialAndRevert(_ name: TestGeometry) throws {
        var device = try device(name, primary: old)
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().image.version == .v2)
        let reverted = try device.boot()
        #expect(reverted.action == .reverted)
        #expect(reverted.image.version == .v1)
        #expect(!reverted.isTrial)
        #expect(device.bytes(in: .primary, count: old.count) == old)
        #expect(device.bytes(in: .secondary, count: new.count) == new)
        #expect(try device.boot().action == .none)
        // And once more: nothing of the first attempt is in the way.
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().image.version == .v2)
        try device.confirm()
        #expect(try device.boot().image.version == .v2)
    }

    @Test(arguments: TestGeometry.allCases) func permanent(_ name: TestGeometry) throws {
        var device = try device(name, primary: old)
        try device.download(new)
        try device.control.markPending(.permanent, flash: &device.flash)
        let first = try device.boot()
        #expect(first.action == .swappedPermanently)
        #expect(!first.isTrial)
        #expect(first.image.version == .v2)
        #expect(try device.boot() == BootReport.unchanged(first.image))
    }

    @Test func requestsThatAreRefused() throws {
        let foreign = try TestImages.image(.v3, bodyBytes: 300, key: [UInt8](repeating: 9, count: 32))
        let otherProduct = try TestImages.image(.v3, bodyBytes: 300, product: 8)
        var damaged = new
        damaged[100] ^= 1
        let older = try TestImages.image(ImageVersion(major: 0, minor: 9, revision: 9), bodyBytes: 300)
        for (image, refusal) in [
            (foreign, SwapRefusal.secondaryInvalid(.unknownKey)),
            (otherProduct, .secondaryInvalid(.wrongProduct(found: 8, expected: 7))),
            (damaged, .secondaryInvalid(.digestMismatch)),
            (older, .downgrade(from: .v1, to: ImageVersion(major: 0, minor: 9, revision: 9))),
        ] {
            for kind in [PendingKind.test, .permanent] {
                var device = try device(primary: old)
                try device.download(image)
                try device.control.markPending(kind, flash: &device.flash)
                let report = try device.boot()
                #expect(report.refusal == refusal)
                #expect(report.action == .none)
                #expect(report.image.version == .v1)
                #expect(try device.trailer(of: .secondary).isErased)
                #expect(try device.boot().refusal == nil)
            }
        }
    }

    @Test func sameVersionIsNoDowngrade() throws {
        var device = try device(primary: old)
        try device.download(old)
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().action == .swappedForTest)
    }

    @Test func applicationsOrder() throws {
        var device = try device(primary: old)
        #expect(throws: SlotError.noImage) { try device.control.markPending(.test, flash: &device.flash) }
        try device.confirm()
        #expect(try device.trailer(of: .primary).isErased)
        try device.download(new)
        try device.control.markPending(.permanent, flash: &device.flash)
        try device.control.markPending(.test, flash: &device.flash)
        let erases = device.flash.counters.erases
        try device.control.markPending(.test, flash: &device.flash)
        #expect(device.flash.counters.erases == erases)
        #expect(try device.trailer(of: .secondary) == BootTrailer(magic: .good, swapInfo: 2, requested: .test))
        _ = try device.boot()
        #expect(throws: SlotError.unconfirmed) { try device.control.prepareSecondary(flash: &device.flash) }
        #expect(throws: SlotError.unconfirmed) { try device.control.markPending(.test, flash: &device.flash) }
        try device.confirm()
        try device.confirm()
        try device.control.prepareSecondary(flash: &device.flash)
    }

    @Test func primaryLost() throws {
        // Any verified image is better than none, asked for or not, older or not.
        for (slot, marked) in [(new, true), (new, false), (old, false)] {
            var device = try device(primary: new, secondary: slot)
            if marked { try device.control.markPending(.test, flash: &device.flash) }
            device.flash.overwrite(at: device.map.primary.offset + 600, [0, 1, 2, 3])
            let report = try device.boot()
            #expect(report.action == (marked ? .swappedForTest : .recovered))
            #expect(device.bytes(in: .primary, count: slot.count) == slot)
            if marked { try device.confirm() }
            #expect(try device.boot().action == .none)
        }
    }

    @Test func nothingToRevertTo() throws {
        var device = try device(primary: old)
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)
        _ = try device.boot()
        device.flash.overwrite(at: device.map.secondary.offset + 600, [0, 1, 2, 3])
        let report = try device.boot()
        #expect(report.refusal == .nothingToRevertTo(.digestMismatch))
        #expect(report.image.version == .v2)
        #expect(!report.isTrial)
        #expect(try device.boot().refusal == nil)
    }

    /// `imgtool sign --pad [--confirm]`: magic and image_ok, no swap_info.
    @Test(arguments: TestGeometry.allCases) func imgtoolsRequests(_ name: TestGeometry) throws {
        for isConfirmed in [false, true] {
            var device = try device(name, primary: old, secondary: new)
            device.setTrailer(.secondary, BootTrailer(magic: .good, imageOK: isConfirmed ? .set : .unset))
            let report = try device.boot()
            #expect(report.action == (isConfirmed ? .swappedPermanently : .swappedForTest))
            #expect(report.isTrial == !isConfirmed)
        }
        // A padded image put into the primary slot at the factory is simply run.
        for imageOK in [TrailerFlag.set, .unset] {
            var device = try device(name, primary: old)
            device.setTrailer(.primary, BootTrailer(magic: .good, imageOK: imageOK))
            let report = try device.boot()
            #expect(report.action == .none)
            #expect(!report.isTrial)
        }
    }

    @Test func largestImage() throws {
        let map = try TestGeometry.words.map()
        let overhead = try TestImages.image(.v1, bodyBytes: 0).count
        let body = Int(map.maximumImageSizeBytes) - overhead
        var device = try device(primary: TestImages.image(.v1, bodyBytes: body))
        let largest = try TestImages.image(.v2, bodyBytes: body)
        try device.download(largest)
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().image.totalSizeBytes == map.maximumImageSizeBytes)
        #expect(try device.boot().action == .reverted)
        // One byte more would be in the way of the swap.
        let tooLarge = try TestImages.image(.v2, bodyBytes: body + 1)
        try device.install(tooLarge, in: .secondary)
        #expect(throws: SlotError.noImage) { try device.control.markPending(.test, flash: &device.flash) }
    }

    @Test func eraseCountsPerUpdate() throws {
        var device = try device(primary: old)
        _ = try device.boot()
        let before = device.flash.wear
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)
        _ = try device.boot()
        try device.confirm()
        let sectors = (new.count + 511) / 512
        let first = Int(device.map.primary.offset / 512)
        let second = Int(device.map.secondary.offset / 512)
        func erases(_ range: Range<Int>) -> [UInt32] { range.map { device.flash.wear[$0] - before[$0] } }
        #expect(erases(first..<first + sectors + 1) == [1] + Array(repeating: 2, count: sectors - 1) + [1])
        #expect(erases(second..<second + sectors) == Array(repeating: 2, count: sectors))
        let slotSectors = Int(device.map.slotSectorCount)
        #expect(erases(first + slotSectors - 1..<first + slotSectors) == [1])
        #expect(erases(second + slotSectors - 1..<second + slotSectors) == [3])
    }
}

extension BootReport {
    static func unchanged(_ image: VerifiedImage) -> BootReport {
        BootReport(image: image, action: .none, resumedSwap: false, isTrial: false, refusal: nil)
    }
}
