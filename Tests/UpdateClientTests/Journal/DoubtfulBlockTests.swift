import Bootloader
import FirmwareImage
import Testing
import UpdateClient

/// A write that a power cut left half-way in a sector with marks: one bit of it reads as programmed now and then.
///
/// The exhaustive runs meet such a bit too seldom at the moments that count: when it was missed by the look at the
/// sector at the start of a run, and shows later. Every read is a toss of a seeded coin, and a failure names the seed.
@Suite(.timeLimit(.minutes(15))) struct DoubtfulBlockTests {
    static let blockBytes = 512
    static let sectorBlocks = 2
    /// One read in so many shows the bit.
    static let odds: [UInt64] = [2, 8, 32]

    /// In what is left of the block that was being written, and what comes again is the same: the update completes, and
    /// at most that sector comes again.
    @Test(arguments: odds) func sameBlock(odds: UInt64) throws {
        let fixture = try Fixture()
        for seed: UInt64 in 0..<200 {
            var run = fixture.run()
            run.flash.doubt(at: fixture.address, bit: fixture.bit(isProgrammed: true), oneReadIn: odds, seed: seed)
            let stop = try fixture.finish(&run)
            #expect(stop == nil, "odds \(odds), seed \(seed)")
        }
    }

    /// In a bit that the image leaves erased, as when the server sent something else at first. What is committed is
    /// sure.
    @Test(arguments: odds) func otherBlock(odds: UInt64) throws {
        let fixture = try Fixture()
        for seed: UInt64 in 0..<200 {
            var run = fixture.run()
            run.flash.doubt(at: fixture.address, bit: fixture.bit(isProgrammed: false), oneReadIn: odds, seed: seed)
            let stop = try fixture.finish(&run)
            // A bit that shows this seldom is not told from an erased one by any number of reads that is worth its
            // time.
            if odds <= 2 { #expect(stop == nil, "odds \(odds), seed \(seed)") }
        }
    }

    /// A device whose download stopped in the middle of the third sector: its first block is marked.
    private struct Fixture {
        static let stored = 5
        let map: FlashMap
        let image: [UInt8]
        let contents: [UInt8]
        /// A byte of the block that was being written, with erased and programmed bits.
        let address: Int

        init() throws {
            map = try TestDevice.smallMap()
            image = try TestRelease.image(version: "1.1.0", bodyBytes: 9000, seed: 2)
            let running = try TestRelease.image(version: "1.0.0", bodyBytes: 4000, seed: 1)
            var run = Self.run(map, try TestDevice.flash(map, running: running), image)
            run.killed = { statistics, _ in statistics.blocksStored >= Self.stored }
            #expect(try run.run() == nil)
            let status = try #require(try JournalStatus.read(map: map, flash: &run.flash))
            #expect(status.unitBytes == blockBytes && status.isMarked(UInt32(Self.stored - 1)))
            #expect(!status.isMarked(UInt32(Self.stored)))
            contents = run.flash.contents
            let start = Self.stored * blockBytes
            let index = (start..<start + blockBytes).first { [image] in image[$0] != 0 && image[$0] != 0xFF }
            address = Int(map.secondary.offset) + (try #require(index))
        }

        func run() -> UpdateRun { Self.run(map, contents, image) }

        private static func run(_ map: FlashMap, _ contents: [UInt8], _ image: [UInt8]) -> UpdateRun {
            UpdateRun(map: map, contents: contents, server: TestServer(payload: image)) {
                $0.transfer.preferredSZX = 5
            }
        }

        /// A bit of the byte at `address` that the image programs, or does not.
        func bit(isProgrammed: Bool) -> UInt8 {
            let byte = image[address - Int(map.secondary.offset)]
            let bits = isProgrammed ? ~byte : byte
            return bits & (~bits &+ 1)
        }

        /// - Returns: what speaks against how the update ended.
        func finish(_ run: inout UpdateRun) throws -> String? {
            guard case .committed = try run.run() else { return "not committed" }
            let blocks = (image.count + blockBytes - 1) / blockBytes
            let again = run.server.contentAnswers - (blocks - Self.stored)
            // Block 0 shows what the server has, once more after the sector was given up, when two blocks were on the
            // way.
            guard again <= sectorBlocks + 4 else { return "\(again) blocks came again" }
            let base = Int(map.secondary.offset)
            guard Array(run.flash.contents[base..<base + image.count]) == image else { return "another image" }
            return run.flash.doubts.isEmpty ? nil : "a bit that is committed is in doubt"
        }
    }
}
