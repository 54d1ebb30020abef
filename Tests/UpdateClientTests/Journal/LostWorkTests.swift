import Bootloader
import FirmwareImage
import Flash
import Testing
import UpdateClient

/// What a power cut costs, and what a download wears, on the flashes of the named parts at their real size, with the
/// largest image that each takes and blocks of 1024 bytes.
@Suite(.timeLimit(.minutes(15))) struct LostWorkTests {
    private func start(_ part: FlashPart) throws -> (map: FlashMap, contents: [UInt8], image: [UInt8]) {
        let map = try TestDevice.map(part)
        let old = try TestRelease.image(version: "1.0.0", bodyBytes: 2000, seed: 1)
        // Header and TLVs take some 200 bytes.
        let image = try TestRelease.image(version: "1.1.0", bodyBytes: Int(map.maximumImageSizeBytes) - 300, seed: 2)
        return (map, try TestDevice.flash(map, running: old), image)
    }

    private func run(_ map: FlashMap, _ contents: [UInt8], _ image: [UInt8], cut: CutFlash.Cut? = nil) -> UpdateRun {
        UpdateRun(map: map, contents: contents, server: TestServer(payload: image), cut: cut)
    }

    @Test(arguments: FlashPart.allCases) func aMarkStandsForOneBlock(part: FlashPart) throws {
        let (map, contents, image) = try start(part)
        var killed = run(map, contents, image)
        killed.killed = { statistics, _ in statistics.blocksStored >= 1 }
        #expect(try killed.run() == nil)
        let found = try JournalStatus.read(map: map, flash: &killed.flash)
        let journal = try #require(found)
        #expect(journal.unitBytes == 1024)
    }

    /// Blocks that come in order: again come at most those of one sector, and the one under way.
    @Test(arguments: FlashPart.allCases) func atMostOneSectorIsLostAtACut(part: FlashPart) throws {
        let (map, contents, image) = try start(part)
        var clean = run(map, contents, image)
        guard case .committed = try clean.run() else {
            Issue.record("not committed")
            return
        }
        let blocks = clean.server.contentAnswers
        let sectorBlocks = max(Int(map.slotSectorSizeBytes) / 1024, 1)
        for share in 1...5 {
            for moment in [CutFlash.Moment.before, .insidePrefix, .insideSubset] {
                // One after the other, so that every kind of operation has its turn.
                let operation = clean.flash.operations * share / 6 + share
                var cut = run(map, contents, image, cut: CutFlash.Cut(operation: operation, moment: moment))
                #expect(try cut.run() == .interrupted(.flash(.powerLost)))
                let stored = Int(cut.machine.statistics.blocksStored)
                var rerun = run(map, cut.flash.contents, image)
                guard case .committed = try rerun.run() else {
                    Issue.record("not committed after a cut \(moment) operation \(operation)")
                    continue
                }
                let again = rerun.server.contentAnswers - (blocks - stored)
                #expect(again <= sectorBlocks + 1, "cut \(moment) operation \(operation)")
            }
        }
    }

    /// Blocks that are missing cost none of the others at a kill, as each has a mark of its own.
    @Test(arguments: FlashPart.allCases) func whatMissingBlocksCost(part: FlashPart) throws {
        let (map, contents, image) = try start(part)
        let blocks = UInt32((image.count + 1023) / 1024)
        var worst = 0
        for share: UInt32 in 1...12 {
            var killed = run(map, contents, image)
            killed.isLost = { $0 % 10 == 3 }
            killed.killed = { statistics, _ in statistics.blocksStored >= blocks * share / 13 }
            #expect(try killed.run() == nil)
            var rerun = run(map, killed.flash.contents, image)
            rerun.killed = { statistics, _ in statistics.resumedBlocks > 0 }
            #expect(try rerun.run() == nil)
            let stored = killed.machine.statistics.blocksStored
            worst = max(worst, Int(stored) - Int(rerun.machine.statistics.resumedBlocks))
        }
        #expect(worst <= 0)
    }

    /// The journal's sectors are erased once in two downloads, the slot's once in each.
    @Test(arguments: FlashPart.allCases) func erasesOfADownload(part: FlashPart) throws {
        let (map, contents, image) = try start(part)
        var clean = run(map, contents, image)
        _ = try clean.run()
        let journal = map.journal.offset..<map.journal.offset + map.journal.sizeBytes
        let erased = clean.flash.erases.filter { journal.contains($0.key) }
        let middle = try #require(map.geometry.middle(of: map.journal))
        var bank: Set<UInt32> = []
        var address = map.journal.offset
        while address < middle, let sector = map.geometry.sector(containing: address) {
            bank.insert(address)
            address = sector.end
        }
        #expect(Set(erased.keys) == bank)
        #expect(erased.values.allSatisfy { $0 == 1 })
        let body = map.secondary.offset..<map.secondary.offset + map.trailer.firstSectorOffset
        #expect(clean.flash.erases.filter { body.contains($0.key) }.values.allSatisfy { $0 == 1 })
    }
}
