import Bootloader
import FirmwareImage
import Testing
import UpdateClient

/// Marks of the journal that a power cut left in doubt: they read blank in one run and whole in a later one, or the
/// other way round. The bytes of such a mark are put there and taken away by hand.
@Suite(.timeLimit(.minutes(5))) struct DoubtfulMarkTests {
    let old: [UInt8]
    let new: [UInt8]
    let map: FlashMap

    init() throws {
        old = try TestRelease.image(version: "1.0.0", bodyBytes: 5000, seed: 1)
        new = try TestRelease.image(version: "1.1.0", bodyBytes: 9000, seed: 2)
        map = try TestDevice.smallMap()
    }

    private func cutRun(_ contents: [UInt8], _ payload: [UInt8], at operation: Int) throws -> (
        outcome: UpdateOutcome?, contents: [UInt8]
    ) {
        var run = UpdateRun(
            map: map,
            contents: contents,
            server: TestServer(payload: payload),
            cut: CutFlash.Cut(operation: operation, moment: .insideSubset)
        ) { $0.transfer.preferredSZX = 5 }
        let outcome = try run.run()
        return (outcome, run.flash.contents)
    }

    /// Where two flashes differ in the journal.
    private func difference(_ one: [UInt8], _ other: [UInt8]) -> [Int] {
        (Int(map.journal.offset)..<Int(map.journal.end)).filter { one[$0] != other[$0] }
    }

    /// The mark of a unit reads blank, so its sector is erased and filled again, which is cut short; then the mark
    /// reads whole.
    @Test func aMarkThatReadsBlankDoesNotComeBack() throws {
        func killed(after blocks: UInt32) throws -> [UInt8] {
            var run = UpdateRun(
                map: map,
                contents: try TestDevice.flash(map, running: old),
                server: TestServer(payload: new)
            ) { $0.transfer.preferredSZX = 5 }
            run.killed = { statistics, _ in statistics.blocksStored >= blocks }
            _ = try run.run()
            return run.flash.contents
        }
        let (before, after) = (try killed(after: 4), try killed(after: 5))
        let mark = difference(before, after)
        #expect(!mark.isEmpty && mark.count % 4 == 0 && mark.count <= 16)
        // The block is in flash, and its mark reads blank.
        var start = after
        for address in mark { start[address] = before[address] }
        var cuts = 0
        for operation in 1...40 {
            var (outcome, contents) = try cutRun(start, new, at: operation)
            guard outcome == .interrupted(.flash(.powerLost)) else { break }
            cuts += 1
            // Its bank was not erased meanwhile.
            guard mark.allSatisfy({ contents[$0] == start[$0] }),
                contents[Int(map.journal.offset)] == start[Int(map.journal.offset)]
            else { continue }
            for address in mark { contents[address] = after[address] }
            var flash = CutFlash(geometry: map.geometry, contents: contents)
            guard let status = try JournalStatus.read(map: map, flash: &flash), !status.isSealed else { continue }
            for unit in 0..<status.unitCount where status.isMarked(unit) {
                let range = Int(unit * status.unitBytes)..<min(Int((unit + 1) * status.unitBytes), new.count)
                let base = Int(map.secondary.offset)
                #expect(
                    contents[base + range.lowerBound..<base + range.upperBound] == new[range],
                    "cut \(operation), unit \(unit)"
                )
            }
        }
        #expect(cuts > 10)
    }

    /// A newer release takes the place of one that waits. That the journal of that one was dropped is found, and not
    /// found again after the next cut: nobody says that it was tried.
    @Test func aDropThatWasFoundIsMadeSure() throws {
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 7000, seed: 3)
        var first = UpdateRun(
            map: map,
            contents: try TestDevice.flash(map, running: old),
            server: TestServer(payload: new)
        )
        guard case .committed = try first.run() else {
            Issue.record("not committed")
            return
        }
        let committed = first.flash.contents
        // The first operation in the journal is the drop.
        var found: [UInt8]?
        for operation in 1...10 where found == nil {
            var run = UpdateRun(
                map: map,
                contents: committed,
                server: TestServer(payload: newer),
                cut: CutFlash.Cut(operation: operation, moment: .after)
            )
            _ = try run.run()
            if !difference(committed, run.flash.contents).isEmpty { found = run.flash.contents }
        }
        let dropped = try #require(found)
        let mark = difference(committed, dropped)
        var cuts = 0
        for payload in [newer, new] {
            for operation in 1...12 {
                var (_, contents) = try cutRun(dropped, payload, at: operation)
                // Where the bank was not erased, the mark may read blank again.
                if mark.allSatisfy({ contents[$0] == dropped[$0] }) {
                    for address in mark { contents[address] = committed[address] }
                }
                cuts += 1
                var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
                let outcome = try run.run()
                if case .refused(.rolledBack) = outcome { Issue.record("called rolled back after cut \(operation)") }
            }
        }
        #expect(cuts == 24)
    }
}
