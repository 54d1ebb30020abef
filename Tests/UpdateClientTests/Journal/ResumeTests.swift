import Bootloader
import FirmwareImage
import Testing
import UpdateClient

/// Progress over kills, other block sizes, other releases.
@Suite(.timeLimit(.minutes(15))) struct ResumeTests {
    let new: [UInt8]
    let map: FlashMap
    let contents: [UInt8]

    init() throws {
        let old = try TestRelease.image(version: "1.0.0", seed: 1)
        new = try TestRelease.image(version: "1.1.0", bodyBytes: 40_000, seed: 2)
        map = try TestDevice.map()
        contents = try TestDevice.flash(map, running: old)
    }

    private func killed(after blocks: UInt32, szx: UInt8 = 6, isLost: @escaping (Int) -> Bool = { _ in false }) throws
        -> [UInt8]
    {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new)) {
            $0.transfer.preferredSZX = szx
        }
        run.isLost = isLost
        run.killed = { statistics, _ in statistics.blocksStored >= blocks }
        #expect(try run.run() == nil)
        return run.flash.contents
    }

    @Test func nothingIsPaidForTwice() throws {
        let flash = try killed(after: 17)
        var run = UpdateRun(map: map, contents: flash, server: TestServer(payload: new), seed: 2)
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.machine.statistics.resumedBlocks == 17)
        #expect(run.server.contentAnswers == (new.count + 1023) / 1024 - 17)
    }

    /// Each run stores two blocks or more and is killed; the next has them all.
    @Test func killedAgainAndAgain() throws {
        var flash = contents
        var answers = 0
        var (stored, kills): (UInt32, Int) = (0, 0)
        var outcome: UpdateOutcome?
        for seed: UInt64 in 1...60 where outcome == nil {
            var run = UpdateRun(map: map, contents: flash, server: TestServer(payload: new), seed: seed)
            run.isLost = { ($0 &* 7 + Int(seed)) % 11 == 0 }
            run.killed = { statistics, _ in statistics.blocksStored >= statistics.resumedBlocks + 2 }
            outcome = try run.run()
            let statistics = run.machine.statistics
            #expect(statistics.resumedBlocks == stored, "run \(seed)")
            stored = statistics.blocksStored
            kills += outcome == nil ? 1 : 0
            answers += run.server.contentAnswers
            flash = run.flash.contents
        }
        guard case .committed = outcome else {
            Issue.record("\(String(describing: outcome)) after \(kills) kills")
            return
        }
        #expect(kills >= 10)
        let base = Int(map.secondary.offset)
        #expect(Array(flash[base..<base + new.count]) == new)
        #expect(answers < 3 * (new.count + 1023) / 1024)
    }

    @Test(arguments: [(6, 4), (6, 2), (4, 6), (3, 6), (5, 5)] as [(UInt8, UInt8)])
    func otherBlockSizeInTheNextRun(first: UInt8, second: UInt8) throws {
        let flash = try killed(after: UInt32(15_000 >> (Int(first) + 4)), szx: first)
        var server = TestServer(payload: new)
        server.maximumSZX = second
        var run = UpdateRun(map: map, contents: flash, server: server, seed: 2) { $0.transfer.maximumBlocks = 4096 }
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        let base = Int(map.secondary.offset)
        #expect(Array(run.flash.contents[base..<base + new.count]) == new)
        #expect(run.machine.statistics.resumedBlocks > 0)
    }

    @Test func progressOfAnotherReleaseIsNotUsed() throws {
        let flash = try killed(after: 17)
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 40_000, seed: 3)
        var run = UpdateRun(map: map, contents: flash, server: TestServer(payload: newer), seed: 2)
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.machine.statistics.resumedBlocks == 0)
        let base = Int(map.secondary.offset)
        #expect(Array(run.flash.contents[base..<base + newer.count]) == newer)
    }

    @Test func damagedFlashUnderAMarkIsNoticedInTheEnd() throws {
        var flash = try killed(after: 17)
        flash[Int(map.secondary.offset) + 5000] ^= 0x04
        var run = UpdateRun(map: map, contents: flash, server: TestServer(payload: new), seed: 2)
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.machine.statistics.restarts == 1)
        // What was resumed at first is not part of what was committed.
        #expect(run.machine.statistics.resumedBlocks == 0)
        #expect(run.server.contentAnswers > (new.count + 1023) / 1024)
    }

    @Test func wearIsOneErasePerSectorAndDownload() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        // The trailer once before the download and once before the request.
        let trailer = map.secondary.offset + map.trailer.firstSectorOffset
        #expect(run.flash.erases.allSatisfy { $0.value == ($0.key >= trailer ? 2 : 1) })
        let journal = map.journal.offset..<map.journal.offset + map.journal.sizeBytes
        #expect(run.flash.erases.keys.filter { journal.contains($0) }.count == 2)
    }
}
