import Bootloader
import FirmwareImage
import Testing
import UpdateClient

/// Power is cut at every flash operation of a download: before, inside (two ways) and after it. What must hold then:
/// no unit is marked whose bytes are not in flash, the next run completes the update, and what was paid for twice is
/// at most one sector and what was under way. What boots afterwards, and second cuts: `PowerFailTests` in Simulation.
@Suite(.timeLimit(.minutes(15))) struct PowerCutTests {
    static let blockBytes = 512

    struct Flavour: Sendable, CustomTestStringConvertible {
        var alignment: UInt32
        var erasedValue: UInt8
        var szx: UInt8 = 5
        var testDescription: String { "align \(alignment), erased \(erasedValue), szx \(szx)" }
    }

    static let flavours = [
        Flavour(alignment: 4, erasedValue: 0xFF), Flavour(alignment: 8, erasedValue: 0xFF, szx: 3),
        Flavour(alignment: 4, erasedValue: 0x00), Flavour(alignment: 128, erasedValue: 0xFF),
    ]

    private func configure(_ flavour: Flavour) -> (inout UpdateConfiguration) -> Void {
        { $0.transfer.preferredSZX = flavour.szx }
    }

    private func expectTrue(_ contents: [UInt8], _ map: FlashMap, _ image: [UInt8], _ hint: String) throws {
        var flash = CutFlash(geometry: map.geometry, contents: contents)
        guard let status = try JournalStatus.read(map: map, flash: &flash), !status.isSealed else { return }
        for unit in 0..<status.unitCount where status.isMarked(unit) {
            let range = Int(unit * status.unitBytes)..<min(Int((unit + 1) * status.unitBytes), image.count)
            let base = Int(map.secondary.offset)
            #expect(
                contents[base + range.lowerBound..<base + range.upperBound] == image[range],
                "\(hint): unit \(unit)"
            )
        }
    }

    @Test(arguments: flavours)
    func everyOperationOfADownload(flavour: Flavour) throws {
        let map = try TestDevice.smallMap(alignment: flavour.alignment, erasedValue: flavour.erasedValue)
        let old = try TestRelease.image(version: "1.0.0", bodyBytes: 4000, seed: 1)
        let new = try TestRelease.image(version: "1.1.0", bodyBytes: 9000, seed: 2)
        let contents = try TestDevice.flash(map, running: old)
        var clean = UpdateRun(
            map: map,
            contents: contents,
            server: TestServer(payload: new),
            configure: configure(flavour)
        )
        guard case .committed = try clean.run() else {
            Issue.record("the clean run did not commit")
            return
        }
        let blocks = clean.server.contentAnswers
        let perSector = 1024 / (16 << Int(flavour.szx))
        for operation in 1...clean.flash.operations {
            for moment in CutFlash.Moment.allCases {
                let hint = "cut \(operation) \(moment)"
                var run = UpdateRun(
                    map: map,
                    contents: contents,
                    server: TestServer(payload: new),
                    cut: CutFlash.Cut(operation: operation, moment: moment),
                    configure: configure(flavour)
                )
                let cut = try run.run()
                #expect(cut == .interrupted(.flash(.powerLost)), "\(hint)")
                try expectTrue(run.flash.contents, map, new, hint)
                let stored = Int(run.machine.statistics.blocksStored)
                var rerun = UpdateRun(
                    map: map,
                    contents: run.flash.contents,
                    server: TestServer(payload: new),
                    seed: 2,
                    configure: configure(flavour)
                )
                guard case .committed = try rerun.run() else {
                    Issue.record("\(hint): not committed afterwards")
                    continue
                }
                let base = Int(map.secondary.offset)
                #expect(Array(rerun.flash.contents[base..<base + new.count]) == new, "\(hint)")
                #expect(try SlotControl(map: map).state(flash: &rerun.flash).nextSwap == .test, "\(hint)")
                let again = rerun.server.contentAnswers - (blocks - stored)
                let unitBlocks = unitBlocks(rerun)
                #expect(again <= max(perSector, unitBlocks * perSector) + 1, "\(hint): \(again) blocks again")
            }
        }
    }

    private func unitBlocks(_ run: borrowing UpdateRun) -> Int {
        var flash = CutFlash(geometry: run.flash.geometry, contents: run.flash.contents)
        let map = try? FlashMap(standardFor: run.flash.geometry)
        guard let map, let status = try? JournalStatus.read(map: map, flash: &flash) else { return 1 }
        return max(1, Int(status.unitBytes) / (16 << Int(status.identity.szx)))
    }
}
