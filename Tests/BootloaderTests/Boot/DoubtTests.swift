import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

/// Bits that two power cuts in a row left between erased and programmed, in the places where they once led astray.
///
/// Every read of such a bit is a toss of a seeded coin; each case is tried with many seeds, and a failure names its
/// own.
@Suite struct DoubtTests {
    /// copy_done and its first witness read as written and as not written. Taken for not written twice, an image that
    /// was not confirmed would get another trial, or a confirmed one would keep the security counter where it was.
    @Test(arguments: TestGeometry.allCases) func finishedSwap(_ geometry: TestGeometry) throws {
        var device = try Self.deviceWithRequest(geometry)
        _ = try device.boot()
        let map = device.map
        let copyDone = map.primary.offset + map.trailer.copyDoneOffset
        let witness = map.primary.offset + map.trailer.witnessOffset + 5 * map.trailer.recordSizeBytes
        for seed: UInt64 in 0..<200 {
            var flash = FlickeringFlash(device.flash, seed: seed)
            flash.doubt(at: copyDone, bit: 1)
            flash.doubt(at: witness, bit: 1)
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

    /// A status record reads as written and as not written, and the sector that the step before it copied from, which
    /// the next step has begun to erase, reads right now and then. The swap goes on from the copy.
    @Test(arguments: TestGeometry.allCases) func recordAndSource(_ geometry: TestGeometry) throws {
        var device = try Self.deviceWithRequest(geometry)
        try Self.doubtEachRecord(of: &device) { flash, map, hint in
            let report = try StubBootloader.boot(flash: &flash, map: map)
            #expect(report.isTrial && report.image.version == .v2, hint)
            let second = try StubBootloader.boot(flash: &flash, map: map)
            #expect(second.action == .reverted && second.image.version == .v1, hint)
        }
    }

    /// The same where the image that goes is damaged, so that only one image can be whole by any progress.
    @Test(arguments: TestGeometry.allCases) func recordAndSourceOfTheOnlyImage(_ geometry: TestGeometry) throws {
        var device = try Self.deviceWithRequest(geometry)
        device.flash.overwrite(at: device.map.primary.offset + 40, [UInt8](repeating: 0xA5, count: 8))
        try Self.doubtEachRecord(of: &device) { flash, map, hint in
            let report = try StubBootloader.boot(flash: &flash, map: map)
            #expect(report.image.version == .v2, hint)
            #expect(try StubBootloader.boot(flash: &flash, map: map).image.version == .v2, hint)
        }
    }

    /// Boots a device, and tries what comes of each status record in doubt, with the sector that the next step erases.
    private static func doubtEachRecord(
        of device: inout Device,
        _ check: (inout FlickeringFlash, FlashMap, Comment) throws -> Void
    ) throws {
        let map = device.map
        var flash = device.flash
        device.flash.recordsOperations = true
        _ = try device.boot()
        let operations = device.flash.operations
        let statusStart = map.primary.offset + map.trailer.statusOffset
        let statusEnd = map.primary.offset + map.trailer.swapSizeOffset
        var cases = 0
        for (operation, next) in zip(operations, operations.dropFirst()) {
            if case .program(let record, _) = operation, statusStart..<statusEnd ~= record,
                case .erase(let sector) = next,
                let offset = (sector..<sector + map.slotSectorSizeBytes).first(where: {
                    flash.contents[Int($0)] != map.geometry.erasedValue
                })
            {
                cases += 1
                let programmed = flash.contents[Int(offset)] ^ map.geometry.erasedValue
                for seed: UInt64 in 0..<64 {
                    var doubtful = FlickeringFlash(flash, seed: seed)
                    doubtful.doubt(at: record, bit: 1)
                    doubtful.doubt(at: offset, bit: programmed & (~programmed &+ 1))
                    try check(&doubtful, map, "\(map.geometry), record at \(record), seed \(seed)")
                }
            }
            try flash.replay(operation)
        }
        #expect(cases >= 3)
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
