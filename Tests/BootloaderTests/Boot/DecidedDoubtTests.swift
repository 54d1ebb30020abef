import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import Testing

/// Cuts and answers of units in doubt that an exploring checker found to lead astray, each played by hand.
@Suite(.timeLimit(.minutes(5))) struct DecidedDoubtTests {
    /// copy_done was cut short and reads as written while the image is confirmed, and as not written at the next boot:
    /// what was confirmed stays.
    @Test(arguments: TestGeometry.allCases) func confirmedBesideATornCopyDone(_ geometry: TestGeometry) throws {
        let device = try Self.device(geometry, .requested)
        let map = device.map
        let address = map.primary.offset + map.trailer.copyDoneOffset
        var flash = DecidedFlash(device.flash)
        flash.cutPower(in: try Self.operation(of: device, at: address) { _ = try $0.boot() })
        #expect(throws: BootError.flash(.powerLost)) { try StubBootloader.boot(flash: &flash, map: map) }
        flash.powerOn(.new)
        let report = try Confirmation<StubCryptography>.confirm(flash: &flash, map: map)
        #expect(report.wasTrial && report.image.version == .v2)
        flash.powerOn(.old)
        for _ in 0..<3 {
            #expect(try StubBootloader.boot(flash: &flash, map: map).image.version == .v2)
        }
    }

    /// image_ok was cut short, and reads as written when somebody confirms once more, and as not written later: what
    /// was confirmed stays, also where there is no security counter to advance.
    @Test(arguments: TestGeometry.allCases) func confirmedBesideATornImageOK(_ geometry: TestGeometry) throws {
        let device = try Self.device(geometry, .onTrial, counter: 1)
        let map = device.map
        let address = map.primary.offset + map.trailer.imageOKOffset
        var flash = DecidedFlash(device.flash)
        flash.cutPower(in: try Self.operation(of: device, at: address) { _ = try $0.confirm() })
        #expect(throws: ConfirmationError.flash(.powerLost)) {
            _ = try Confirmation<StubCryptography>.confirm(flash: &flash, map: map)
        }
        for answer in [DecidedFlash.Answer.old, .new, .error] {
            var confirmed = flash
            confirmed.powerOn(answer)
            _ = try Confirmation<StubCryptography>.confirm(flash: &confirmed, map: map)
            confirmed.powerOn(.old)
            for _ in 0..<3 {
                #expect(try StubBootloader.boot(flash: &confirmed, map: map).image.version == .v2)
            }
        }
    }

    /// copy_done was cut short. A boot finds it written, and is cut while it goes back; the next one finds it not
    /// written: it goes back as well, or says that the image is on trial.
    @Test(arguments: TestGeometry.allCases) func goingBackBesideATornCopyDone(_ geometry: TestGeometry) throws {
        let device = try Self.device(geometry, .requested)
        let map = device.map
        let address = map.primary.offset + map.trailer.copyDoneOffset
        let copyDone = try Self.operation(of: device, at: address) { _ = try $0.boot() }
        for operation in 0..<24 {
            for answer in DecidedFlash.Answer.allCases {
                var flash = DecidedFlash(device.flash)
                flash.cutPower(in: copyDone)
                #expect(throws: BootError.flash(.powerLost)) { try StubBootloader.boot(flash: &flash, map: map) }
                flash.powerOn(.new)
                flash.cutPower(in: operation)
                guard (try? StubBootloader.boot(flash: &flash, map: map)) == nil else { break }
                flash.powerOn(.old, answer)
                let report = try StubBootloader.boot(flash: &flash, map: map)
                let hint: Comment = "\(geometry), operation \(operation), \(answer)"
                #expect(report.image.version == .v1 || report.image.version == .v2 && report.isTrial, hint)
                #expect(try StubBootloader.boot(flash: &flash, map: map).image.version == .v1, hint)
            }
        }
    }

    /// One read is wrong in the boot that goes back, which is then cut: nobody tries the image again, and nobody says
    /// that it stays.
    @Test func oneWrongReadAndACutWhileGoingBack() throws {
        let device = try Self.device(.words, .onTrial)
        let map = device.map
        var clean = DecidedFlash(device.flash)
        _ = try StubBootloader.boot(flash: &clean, map: map)
        let reads = clean.reads
        let record = map.primary.offset + map.trailer.swapInfoOffset
        let written = try Self.operation(of: device, at: record) { _ = try $0.boot() }
        // The primary's trailer is erased, and the swap recorded.
        for operation in [written - 1, written] {
            for read in 0..<reads {
                for answer in [DecidedFlash.Answer.old, .new] {
                    var flash = DecidedFlash(device.flash)
                    flash.misread = (read, 0x40)
                    flash.cutPower(in: operation)
                    let hint: Comment = "operation \(operation), read \(read), \(answer)"
                    guard (try? StubBootloader.boot(flash: &flash, map: map)) == nil else { continue }
                    // Reads after the cut were never made.
                    guard flash.misread == nil else { break }
                    flash.powerOn(answer)
                    #expect(try BootDecision(flash: &flash, map: map).swap == .revert, hint)
                    let report = try StubBootloader.boot(flash: &flash, map: map)
                    #expect(report.image.version == .v1 && !report.isTrial, hint)
                }
            }
        }
    }

    /// The boot that goes back is cut while it asks for that: `confirm` makes the image stay all the same, and until
    /// then it is told what the next boot does.
    @Test(arguments: TestGeometry.allCases) func confirmedBesideAHalfRequestToGoBack(_ geometry: TestGeometry) throws {
        let device = try Self.device(geometry, .onTrial)
        let map = device.map
        let magic = map.secondary.offset + map.trailer.magicAreaOffset
        let last = try Self.operation(of: device, at: magic) { _ = try $0.boot() }
        for operation in 0...last {
            for answer in [DecidedFlash.Answer.old, .new] {
                let hint: Comment = "\(geometry), operation \(operation), \(answer)"
                var flash = DecidedFlash(device.flash)
                flash.cutPower(in: operation)
                #expect(throws: BootError.flash(.powerLost)) { try StubBootloader.boot(flash: &flash, map: map) }
                flash.powerOn(answer)
                #expect(try BootDecision(flash: &flash, map: map).swap == .revert, hint)
                #expect(throws: SlotError.unconfirmed, hint) { try device.control.prepareSecondary(flash: &flash) }
                do {
                    let report = try Confirmation<StubCryptography>.confirm(flash: &flash, map: map)
                    #expect(report.wasTrial && report.securityCounter == 2, hint)
                    flash.powerOn(.old)
                    #expect(try StubBootloader.boot(flash: &flash, map: map).image.version == .v2, hint)
                } catch {
                    // The request stands, and is followed.
                    #expect(error as? ConfirmationError == .swapUnderWay, hint)
                    #expect(try StubBootloader.boot(flash: &flash, map: map).image.version == .v1, hint)
                }
            }
        }
    }

    /// The boot that goes back is cut in the request for that, and the next one where it begins to follow it. Somebody
    /// then confirms where both read as not there: the image stays, whatever they read later, also where no security
    /// counter keeps the other one from running.
    @Test(arguments: TestGeometry.allCases) func confirmedBesideASwapBackThatMayHaveBegun(
        _ geometry: TestGeometry
    ) throws {
        let device = try Self.device(geometry, .onTrial, counter: 1)
        let map = device.map
        var confirmations = 0
        for first in 0..<10 {
            for second in 0..<10 {
                for answer in [DecidedFlash.Answer.new, .error] {
                    var flash = DecidedFlash(device.flash)
                    flash.cutPower(in: first)
                    guard (try? StubBootloader.boot(flash: &flash, map: map)) == nil else { continue }
                    flash.powerOn(.new)
                    flash.cutPower(in: second)
                    guard (try? StubBootloader.boot(flash: &flash, map: map)) == nil else { continue }
                    flash.powerOn(.old, .old)
                    let report = try? Confirmation<StubCryptography>.confirm(flash: &flash, map: map)
                    guard report != nil else { continue }
                    confirmations += 1
                    let hint: Comment = "\(geometry), operations \(first) and \(second), \(answer)"
                    flash.powerOn(.new, answer)
                    #expect(throws: Never.self, hint) {
                        try device.control.prepareSecondary(flash: &flash)
                    }
                    flash.powerOn(.old, answer)
                    #expect(try StubBootloader.boot(flash: &flash, map: map).image.version == .v2, hint)
                }
            }
        }
        #expect(confirmations > 0)
    }

    /// The primary's trailer is erased for a swap, cut short, and reads like that of a trial; the request for the swap
    /// was half erased before, and reads as not there. The image that it was for is not "gone back to", untried.
    @Test(arguments: TestGeometry.allCases) func aNewerImageIsNoWayBack(_ geometry: TestGeometry) throws {
        var device = try Self.device(geometry, .confirmed)
        try device.download(TestImages.image(.v3, bodyBytes: Int(device.map.slotSectorSizeBytes), counter: 2))
        let layout = device.map.trailer
        let erased = device.map.geometry.erasedValue
        let primary = device.map.primary.offset
        device.flash.overwrite(at: primary + layout.imageOKOffset, [erased])
        let settled = layout.swapSizeOffset - 4 * layout.recordSizeBytes
        let count = Int(4 * layout.recordSizeBytes)
        device.flash.overwrite(at: primary + settled, [UInt8](repeating: erased, count: count))
        #expect(try device.control.decision(flash: &device.flash) == .trial)
        for _ in 0..<2 {
            let report = try device.boot()
            #expect(report.image.version == .v2 && report.action == .none && !report.isTrial)
        }
    }

    /// A request for a test is erased, cut short, and reads as one for good: its image is tried at most.
    @Test(arguments: TestGeometry.allCases) func aHalfErasedTestIsNotForGood(_ geometry: TestGeometry) throws {
        for isSecondUpdate in [false, true] {
            var device = try Self.device(geometry, isSecondUpdate ? .confirmed : .running)
            let next = try TestImages.image(.v3, bodyBytes: Int(device.map.slotSectorSizeBytes), counter: 2)
            try device.download(next)
            try device.control.markPending(.test, flash: &device.flash)
            let (base, layout) = (device.map.secondary.offset, device.map.trailer)
            // What an erase that programs first can leave, and what a later boot finds of it.
            device.flash.overwrite(at: base + layout.swapInfoOffset, [3])
            device.flash.overwrite(at: base + layout.imageOKOffset, [1])
            for hasSwapInfo in [true, false] {
                var half = device
                if !hasSwapInfo {
                    half.flash.overwrite(at: base + layout.swapInfoOffset, [half.map.geometry.erasedValue])
                }
                #expect(try half.control.decision(flash: &half.flash) == .start(.test, number: nil))
                let report = try half.boot()
                #expect(report.image.version == .v3 && report.isTrial)
                #expect(try half.boot().action == .reverted)
            }
        }
    }

    /// A request for good is one also where this system has written before; and by imgtool where it has not.
    @Test(arguments: TestGeometry.allCases) func requestsForGood(_ geometry: TestGeometry) throws {
        var device = try Self.device(geometry, .confirmed)
        let next = try TestImages.image(.v3, bodyBytes: Int(device.map.slotSectorSizeBytes), counter: 2)
        try device.download(next)
        try device.control.markPending(.permanent, flash: &device.flash)
        #expect(try device.boot().action == .swappedPermanently)

        var blank = try Self.device(geometry, .running)
        try blank.install(next, in: .secondary)
        blank.setTrailer(.secondary, BootTrailer(magic: .good, imageOK: .set))
        #expect(try blank.boot().action == .swappedPermanently)
    }

    // MARK: Devices

    private enum State { case running, requested, onTrial, confirmed }

    /// Version 1 runs, or version 2 was asked for, is on trial, is confirmed; each has its version as security counter.
    private static func device(_ geometry: TestGeometry, _ state: State, counter: UInt32 = 2) throws -> Device {
        var device = try geometry.device()
        let sectorBytes = Int(device.map.slotSectorSizeBytes)
        try device.install(TestImages.image(.v1, bodyBytes: sectorBytes, counter: 1), in: .primary)
        _ = try device.boot()
        if state == .running { return device }
        try device.download(TestImages.image(.v2, bodyBytes: sectorBytes * 4 / 3, counter: counter))
        try device.control.markPending(.test, flash: &device.flash)
        if state == .requested { return device }
        _ = try device.boot()
        if state == .confirmed { try device.confirm() }
        return device
    }

    /// The number of the last operation of a run that begins at an address.
    private static func operation(
        of device: Device,
        at address: UInt32,
        _ run: (inout Device) throws -> Void
    ) throws -> Int {
        var recorded = device
        recorded.flash.clearOperations()
        recorded.flash.recordsOperations = true
        try run(&recorded)
        let found = recorded.flash.operations.lastIndex { operation in
            if case .program(address, _) = operation { true } else { false }
        }
        return try #require(found)
    }
}
