import Bootloader
import FirmwareImage
import FlashEmulator
import Glibc
import HostCryptography
import SeededRandom
import Testing
import UpdateClient

/// Journals and downloads that were damaged at random after a kill: no trap, nothing is installed that was not signed,
/// and the update still comes to its end.
@Suite(.timeLimit(.minutes(15))) struct JournalDamageTests {
    static let firstSeed = getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? 0
    static let seeds = firstSeed..<firstSeed + 400

    @Test func damagedAfterAKill() throws {
        let old = try TestRelease.image(version: "1.0.0", bodyBytes: 12_000, seed: 1)
        let new = try TestRelease.image(version: "1.1.0", bodyBytes: 18_000, seed: 2)
        let map = try TestDevice.smallMap()
        let start = try TestDevice.flash(map, running: old)
        var resumed = 0
        for seed in Self.seeds {
            var random = SplitMix64(seed: seed)
            var run = UpdateRun(map: map, contents: start, server: TestServer(payload: new))
            let blocks = UInt32.random(in: 0..<18, using: &random)
            run.killed = { statistics, _ in statistics.blocksStored >= blocks }
            #expect(try run.run() == nil)
            var flash = run.flash.contents
            let damage = Self.damage(&flash, map, &random)
            let context: Comment =
                "after \(blocks) blocks: \(damage): SEED=\(seed) Tools/test --filter JournalDamageTests"

            var shown = CutFlash(geometry: map.geometry, contents: flash)
            if let status = try JournalStatus.read(map: map, flash: &shown) {
                #expect(status.bytesMarked <= status.identity.sizeBytes, context)
                #expect(status.unitsMarked <= status.unitCount, context)
                for unit in 0..<status.unitCount { _ = status.isMarked(unit) }
            }
            var outcomes: [String] = []
            for attempt in 0..<4 {
                var again = UpdateRun(map: map, contents: flash, server: TestServer(payload: new), seed: seed)
                let outcome = try again.run()
                resumed += Int(again.machine.statistics.resumedBlocks)
                outcomes.append("\(outcome as Any)")
                flash = again.flash.contents
                if case .committed = outcome { break }
                #expect(attempt < 3, "\(outcomes); \(context)")
            }
            var booted = CutFlash(geometry: map.geometry, contents: flash)
            let report = try Bootloader<HostCryptography>.boot(flash: &booted, map: map)
            let base = Int(map.primary.offset)
            let isWhole = Array(booted.contents[base..<base + new.count]) == new
            #expect(isWhole, "runs \(report.image.version) after \(outcomes); \(context)")
        }
        #expect(resumed > 0, "some progress outlives the damage")
    }

    /// Does one to three things to a flash; says which.
    private static func damage(
        _ flash: inout [UInt8],
        _ map: FlashMap,
        _ random: inout SplitMix64
    ) -> String {
        let journal = Int(map.journal.offset)..<Int(map.journal.end)
        let secondary = Int(map.secondary.offset)..<Int(map.secondary.offset) + Int(map.maximumImageSizeBytes)
        let banks = [journal.lowerBound, journal.lowerBound + journal.count / 2]
        var told: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let range = Bool.random(using: &random) ? journal : secondary
            let address = Int.random(in: range, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                told.append("byte at \(address)")
                flash[address] = .random(in: 0...255, using: &random)
            case 1:
                told.append("bit at \(address)")
                flash[address] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            case 2:
                let end = min(range.upperBound, address + 1 << Int.random(in: 2...10, using: &random))
                let values: [UInt8?] = [nil, 0xFF, 0x00]
                let value = values.randomElement(using: &random) ?? nil
                told.append("bytes from \(address) to \(end)")
                for index in address..<end { flash[index] = value ?? .random(in: 0...255, using: &random) }
            case 3:
                told.append("all marks set")
                for bank in banks {
                    flash.replaceSubrange(bank + 64..<bank + 64 + 128, with: repeatElement(0, count: 128))
                }
            case 4:
                told.append("one bank over the other")
                flash.replaceSubrange(banks[1]..<journal.upperBound, with: flash[banks[0]..<banks[1]])
            default:
                // Nonsense with a right checksum. Not in what it says of refusals: that is believed, and `--retry` is
                // for it.
                let bank = banks.randomElement(using: &random) ?? journal.lowerBound
                let field = (Array(4..<18) + Array(20..<36)).randomElement(using: &random) ?? 4
                told.append("header field \(field) of the bank at \(bank)")
                flash[bank + field] =
                    [0, 1, 0x7F, 0x80, 0xFF, .random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
                seal(&flash, bank)
            }
        }
        return told.joined(separator: ", ")
    }

    private static func seal(_ flash: inout [UInt8], _ bank: Int) {
        var state: UInt32 = .max
        for byte in flash[bank..<bank + 44] {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0xEDB8_8320 : state >> 1 }
        }
        for index in 0..<4 { flash[bank + 44 + index] = UInt8(truncatingIfNeeded: ~state >> (index * 8)) }
    }
}
