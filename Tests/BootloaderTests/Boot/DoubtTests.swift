import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

/// Bits that two power cuts in a row left between erased and programmed, in the places where they once led astray.
///
/// Every read of such a bit is a toss of a seeded coin; each case is tried with many seeds, and a failure names its
/// own.
@Suite(.timeLimit(.minutes(15))) struct DoubtTests {
    /// copy_done reads as written and as not written. Taken for not written twice, an image that was not confirmed
    /// would get another trial, or a confirmed one would keep the security counter where it was.
    @Test(arguments: TestGeometry.allCases) func finishedSwap(_ geometry: TestGeometry) throws {
        var device = try Self.deviceWithRequest(geometry)
        _ = try device.boot()
        let map = device.map
        let copyDone = map.primary.offset + map.trailer.copyDoneOffset
        for seed: UInt64 in 0..<200 {
            var flash = FlickeringFlash(device.flash, seed: seed)
            flash.doubt(at: copyDone, bit: 1)
            var confirmed = flash
            let hint: Comment = "\(geometry), seed \(seed)"
            let first = try StubBootloader.boot(flash: &flash, map: map)
            if first.isTrial {
                let second = try StubBootloader.boot(flash: &flash, map: map)
                #expect(second.action == .reverted && second.image.version == .v1, hint)
            } else {
                #expect(first.action == .reverted && first.image.version == .v1, hint)
            }
            let trial = try StubBootloader.boot(flash: &confirmed, map: map)
            guard trial.isTrial else { continue }
            let report = try Confirmation<StubCryptography>.confirm(flash: &confirmed, map: map)
            #expect(report.securityCounter == 2, hint)
            for _ in 0..<4 {
                let later = try StubBootloader.boot(flash: &confirmed, map: map)
                #expect(later.image.version == .v2 && !later.isTrial && later.action == .none, hint)
            }
        }
    }

    /// A status record is cut short and found, and the next boot is cut in the step after it, which erases what that
    /// step copied from. The record may then not be found again: the boot has to have made sure of it before.
    @Test(arguments: TestGeometry.allCases) func recordsThatAreCutShortAndFound(_ geometry: TestGeometry) throws {
        let device = try Self.deviceWithRequest(geometry)
        let map = device.map
        let status = map.primary.offset + map.trailer.statusOffset..<map.primary.offset + map.trailer.swapSizeOffset
        var clean = device
        clean.flash.recordsOperations = true
        _ = try clean.boot()
        let records = clean.flash.operations.indices.filter { index in
            if case .program(let address, _) = clean.flash.operations[index] { status ~= address } else { false }
        }
        #expect(records.count >= 6)
        for record in records {
            for later in 1..<6 {
                for seed: UInt64 in 0..<12 {
                    var flash = FlickeringFlash(device.flash, seed: seed)
                    for operation in [record, later] {
                        flash.cutPower(at: operation)
                        _ = try? StubBootloader.boot(flash: &flash, map: map)
                        flash.powerOn(seed: seed &+ 1)
                    }
                    let hint: Comment = "\(geometry), operation \(record), then \(later), seed \(seed)"
                    let report = try StubBootloader.boot(flash: &flash, map: map)
                    // The one boot of the trial may have been the one that was cut.
                    #expect(report.isTrial && report.image.version == .v2 || report.image.version == .v1, hint)
                    #expect(try StubBootloader.boot(flash: &flash, map: map).image.version == .v1, hint)
                }
            }
        }
    }

    /// A device that runs version 1 and is asked to try version 2, each with its version as security counter.
    private static func deviceWithRequest(_ geometry: TestGeometry) throws -> Device {
        var device = try geometry.device()
        let sectorBytes = Int(device.map.slotSectorSizeBytes)
        try device.install(TestImages.image(.v1, bodyBytes: sectorBytes, counter: 1), in: .primary)
        _ = try device.boot()
        try device.download(TestImages.image(.v2, bodyBytes: sectorBytes * 4 / 3, counter: 2))
        try device.control.markPending(.test, flash: &device.flash)
        return device
    }
}
