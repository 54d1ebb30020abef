import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

/// MCUboot's security counter: who may run, when the record moves, and what power cuts make of it.
@Suite(.timeLimit(.minutes(15))) struct SecurityCounterTests {
    private func image(_ version: ImageVersion, _ counter: UInt32?, bodyBytes: Int = 700) throws -> [UInt8] {
        try TestImages.image(version, bodyBytes: bodyBytes, counter: counter)
    }

    /// A device that runs 1.0.0 with this counter, and recorded it.
    private func device(_ geometry: TestGeometry = .words, counter: UInt32?) throws -> Device {
        var device = try geometry.device()
        try device.install(image(.v1, counter), in: .primary)
        _ = try device.boot()
        return device
    }

    @Test(arguments: TestGeometry.allCases) func advancedAfterConfirmationOnly(_ geometry: TestGeometry) throws {
        var device = try device(geometry, counter: 3)
        #expect(try device.trust().securityCounter == 3)
        let old = try image(.v1, 3)
        try device.download(image(.v2, 5))
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().isTrial)
        #expect(try device.trust().securityCounter == 3)
        // Not confirmed: back.
        #expect(try device.boot().action == .reverted)
        #expect(try device.trust().securityCounter == 3)
        #expect(device.bytes(in: .primary, count: old.count) == old)
        // Confirmed: no way back any more.
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().isTrial)
        let report = try device.confirm()
        #expect(report.wasTrial)
        #expect(report.securityCounter == 5)
        #expect(try device.trust().securityCounter == 5)
        #expect(try device.boot().action == .none)
        device.flash.overwrite(at: device.map.primary.offset + 200, [0x55, 0xAA])
        let none = BootError.noBootableImage(
            primary: .digestMismatch,
            secondary: .securityCounterTooLow(found: 3, minimum: 5)
        )
        #expect(throws: none) { try device.boot() }
    }

    @Test(
        arguments: [
            (4, nil, SwapRefusal.secondaryInvalid(.securityCounterTooLow(found: 0, minimum: 4))),
            (4, 3, .secondaryInvalid(.securityCounterTooLow(found: 3, minimum: 4))),
            (4, 4, nil), (4, 5, nil), (nil, nil, nil), (nil, 0, nil), (nil, 1, nil),
            (4, 4 + (1 << 25), nil),
            (
                4, 5 + (1 << 25),
                .secondaryInvalid(.securityCounterTooHigh(found: 5 + (1 << 25), maximum: 4 + (1 << 25)))
            ),
            (nil, .max, .secondaryInvalid(.securityCounterTooHigh(found: .max, maximum: 1 << 25))),
        ] as [(UInt32?, UInt32?, SwapRefusal?)]
    )
    func requests(running: UInt32?, incoming: UInt32?, refusal: SwapRefusal?) throws {
        for kind in [PendingKind.test, .permanent] {
            var device = try device(counter: running)
            try device.download(image(.v2, incoming))
            try device.control.markPending(kind, flash: &device.flash)
            let report = try device.boot()
            #expect(report.refusal == refusal)
            #expect(report.image.version == (refusal == nil ? .v2 : .v1))
            let isForGood = refusal == nil && kind == .permanent
            #expect(try device.trust().securityCounter == (isForGood ? incoming : running) ?? 0)
        }
    }

    /// A counter near its end is one that can be reached, and the last one stays usable.
    @Test func greatestCounter() throws {
        var device = try device(counter: nil)
        var trust = try device.trust()
        trust.securityCounter = .max - 1
        try TrustStore(map: device.map).write(trust, flash: &device.flash)
        try device.install(image(.v1, .max), in: .primary)
        #expect(try device.boot().image.version == .v1)
        #expect(try device.trust().securityCounter == .max)
        try device.download(image(.v2, .max))
        try device.control.markPending(.permanent, flash: &device.flash)
        #expect(try device.boot().image.version == .v2)
    }

    /// An image with an absurd counter that is in place, because a programmer put it there, runs, but locks nothing
    /// out.
    @Test func absurdCounterInPlace() throws {
        var device = try device(counter: .max)
        #expect(try device.trust().securityCounter == 0)
        try device.confirm()
        #expect(try device.trust().securityCounter == 0)
        try device.download(image(.v2, 1))
        try device.control.markPending(.permanent, flash: &device.flash)
        #expect(try device.boot().image.version == .v2)
        #expect(try device.trust().securityCounter == 1)
    }

    /// Before a swap is finished, what lies in the primary slot is not confirmed, even if it is whole.
    @Test func confirmationInTheMiddleOfASwap() throws {
        var device = try device(counter: 3)
        try device.download(image(.v2, 5))
        try device.control.markPending(.test, flash: &device.flash)
        var clean = device
        let before = clean.flash.counters.operations
        _ = try clean.boot()
        let operations = clean.flash.counters.operations - before
        var refusals = 0
        for operation in 0..<operations {
            var cut = device
            cut.flash.cutPower(PowerCut(operation: operation, mode: .before))
            #expect(throws: BootError.flash(.powerLost)) { try cut.boot() }
            cut.flash.powerOn()
            do throws(ConfirmationError) {
                #expect(try cut.confirm().wasTrial == false)
            } catch {
                #expect(error == .swapUnderWay)
                refusals += 1
            }
            #expect(try cut.trust().securityCounter == 3)
            #expect(try cut.boot().isTrial)
            #expect(try cut.boot().action == .reverted)
        }
        #expect(refusals > 10)
    }

    /// Power cuts at every operation of a confirmation, and again in the boot after it.
    @Test(arguments: TestGeometry.allCases) func cutWhileConfirming(_ geometry: TestGeometry) throws {
        let old = try image(.v1, 3)
        let new = try image(.v2, 5)
        var device = try device(geometry, counter: 3)
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().isTrial)
        var outcomes: Set<UInt32> = []

        func check(_ flash: MemoryFlash, _ place: String) throws {
            var device = device
            device.flash = flash
            let report = try device.boot()
            let counter = try device.trust().securityCounter
            outcomes.insert(counter)
            // The old image with the old counter, or the new one with the new counter.
            let isConfirmed = report.image.version == .v2
            let expected = isConfirmed ? new : old
            #expect(device.bytes(in: .primary, count: expected.count) == expected, "\(place)")
            #expect(counter == (isConfirmed ? 5 : 3), "\(place): \(report)")
            #expect(report.action == (isConfirmed ? .none : .reverted) || !isConfirmed, "\(place)")
            #expect(!report.isTrial, "\(place)")
            #expect(try device.boot().image == report.image, "\(place)")
        }

        let cuts = try Cuts(of: &device) { try $0.confirm() }
        try cuts.forEach(seeds: Cuts.firstSeed..<Cuts.firstSeed + 8) { flash, place in
            try check(flash, "\(geometry) \(place)")
        }
        #expect(outcomes == [3, 5])
        try cuts.forEach(seeds: Cuts.firstSeed..<Cuts.firstSeed + 1) { flash, place in
            var second = device
            second.flash = flash
            let again = try Cuts(of: &second) { _ = try $0.boot() }
            try again.forEach(seeds: Cuts.firstSeed..<Cuts.firstSeed + 1) { flash, secondPlace in
                try check(flash, "\(geometry) \(place), then \(secondPlace)")
            }
        }
    }

    /// A device made before there was a counter: it counts as 0 until the first boot.
    @Test func unprovisionedCounter() throws {
        var device = try device(counter: nil)
        #expect(try device.trust().securityCounter == 0)
        try device.download(image(.v2, 9))
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().isTrial)
        #expect(try device.boot().action == .reverted)
        #expect(try device.trust().securityCounter == 0)
    }
}
