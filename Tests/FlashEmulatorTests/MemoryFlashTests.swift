import Bootloader
import Flash
import FlashEmulator
import Testing

/// The contract of `NORFlash`, rule by rule.
@Suite(.timeLimit(.minutes(15))) struct MemoryFlashTests {
    static func geometry(_ unit: UInt32 = 4, erasedValue: UInt8 = 0xFF) throws -> FlashGeometry {
        try FlashGeometry(sectorCount: 4, sectorSizeBytes: 512, writeAlignmentBytes: unit, erasedValue: erasedValue)
    }

    @Test(arguments: [UInt8(0xFF), 0x00]) func programAndErase(erasedValue: UInt8) throws {
        var flash = MemoryFlash(geometry: try Self.geometry(erasedValue: erasedValue))
        #expect(flash.contents.allSatisfy { $0 == erasedValue })
        try flash.program(at: 516, [1, 2, 3, 4])
        #expect(try flash.bytes(at: 515, count: 6) == [erasedValue, 1, 2, 3, 4, erasedValue])
        #expect(throws: FlashError.notErased(address: 516)) {
            try flash.program(at: 512, [0x7F, 0x7F, 0x7F, 0x7F, 0, 0, 0, 0])
        }
        #expect(throws: FlashError.notErased(address: 516)) { try flash.program(at: 516, [0, 0, 0, 0]) }
        try flash.erase(sectorAt: 512)
        #expect(try flash.bytes(at: 512, count: 512).allSatisfy { $0 == erasedValue })
        #expect(flash.wear == [0, 1, 0, 0])
        #expect(flash.counters.programs == 1)
        #expect(flash.counters.bytesProgrammed == 4)
        #expect(flash.counters.erases == 1)
    }

    @Test func refusals() throws {
        var flash = MemoryFlash(geometry: try Self.geometry())
        #expect(throws: FlashError.misaligned(address: 2)) { try flash.program(at: 2, [0, 0, 0, 0]) }
        #expect(throws: FlashError.misaligned(address: 4)) { try flash.program(at: 4, [0, 0, 0]) }
        #expect(throws: FlashError.outOfRange(address: 2044)) { try flash.program(at: 2044, [0, 0, 0, 0, 0, 0, 0, 0]) }
        #expect(throws: FlashError.outOfRange(address: .max)) { try flash.program(at: .max, [0]) }
        #expect(throws: FlashError.outOfRange(address: 2047)) { try flash.bytes(at: 2047, count: 2) }
        #expect(throws: FlashError.misaligned(address: 100)) { try flash.erase(sectorAt: 100) }
        #expect(throws: FlashError.outOfRange(address: 2048)) { try flash.erase(sectorAt: 2048) }
        #expect(flash.contents.allSatisfy { $0 == 0xFF })
        #expect(flash.counters.operations == 0)
        try flash.program(at: 2048, [])
    }

    @Test func writeOnce() throws {
        var flash = MemoryFlash(geometry: try Self.geometry(8), isWriteOnce: true)
        try flash.program(at: 0, [UInt8](repeating: 0xFF, count: 8))
        #expect(throws: FlashError.notErased(address: 0)) { try flash.program(at: 0, [UInt8](repeating: 0, count: 8)) }
        try flash.erase(sectorAt: 0)
        try flash.program(at: 0, [UInt8](repeating: 0, count: 8))
        var usual = MemoryFlash(geometry: try Self.geometry(8))
        try usual.program(at: 0, [UInt8](repeating: 0xFF, count: 8))
        try usual.program(at: 0, [UInt8](repeating: 0, count: 8))
    }

    @Test(arguments: PowerCut.Mode.allCases, [UInt8(0xFF), 0x00])
    func cut(mode: PowerCut.Mode, erasedValue: UInt8) throws {
        let data = (0..<256).map { UInt8(truncatingIfNeeded: $0 * 37 + 1) }
        var differed = 0
        for seed in 0..<50 as Range<UInt64> {
            var flash = MemoryFlash(geometry: try Self.geometry(erasedValue: erasedValue))
            flash.cutPower(PowerCut(operation: 1, mode: mode, seed: seed))
            try flash.program(at: 0, [1, 2, 3, 4])
            #expect(throws: FlashError.powerLost) { try flash.program(at: 512, data) }
            #expect(!flash.isPowered)
            #expect(throws: FlashError.powerLost) { try flash.bytes(at: 0, count: 1) }
            #expect(throws: FlashError.powerLost) { try flash.erase(sectorAt: 0) }
            flash.powerOn()
            #expect(try flash.bytes(at: 0, count: 4) == [1, 2, 3, 4])
            #expect(flash.unreadableUnits.isEmpty == (mode != .insideUnreadable))
            for address in flash.unreadableUnits {
                #expect(throws: FlashError.io(5)) { try flash.bytes(at: UInt32(address), count: 1) }
                let unit = [UInt8](repeating: ~erasedValue, count: Int(flash.geometry.writeAlignmentBytes))
                #expect(throws: FlashError.notErased(address: UInt32(address))) {
                    try flash.program(at: UInt32(address), unit)
                }
            }
            let isReadable = mode != .insideUnreadable
            let torn = try isReadable ? flash.bytes(at: 512, count: 256) : Array(flash.contents[512..<768])
            // A bit is as it was or as it was to be.
            #expect(zip(torn, data).allSatisfy { ($0 ^ $1) & ($0 ^ erasedValue) == 0 }, "seed \(seed)")
            #expect(try flash.bytes(at: 768, count: 256).allSatisfy { $0 == erasedValue })
            if mode == .before { #expect(torn.allSatisfy { $0 == erasedValue }) }
            if mode == .after { #expect(torn == data) }
            if torn != data, torn.contains(where: { $0 != erasedValue }) { differed += 1 }

            // The same for an erase.
            var written = MemoryFlash(geometry: try Self.geometry(erasedValue: erasedValue))
            try written.program(at: 512, data)
            written.cutPower(PowerCut(operation: 0, mode: mode, seed: seed))
            #expect(throws: FlashError.powerLost) { try written.erase(sectorAt: 512) }
            written.powerOn()
            let half = Array(written.contents[512..<768])
            // But for an erase that programs to zero first.
            let isWithin = zip(half, data).allSatisfy { ($0 ^ erasedValue) & ($0 ^ $1) == 0 }
            #expect(isWithin || mode == .insidePreprogrammed, "seed \(seed)")
            if mode == .before { #expect(half == data) }
            if mode == .after { #expect(half.allSatisfy { $0 == erasedValue }) }
            #expect(written.wear[1] == (mode == .before ? 0 : 1))
        }
        #expect((differed > 40) == (mode != .before && mode != .after))
    }

    /// A bit in doubt reads both ways, until it is programmed or its sector erased; nothing else does.
    @Test(arguments: [UInt8(0xFF), 0x00]) func unstableBits(erasedValue: UInt8) throws {
        let data = [UInt8](repeating: ~erasedValue, count: 16)
        for seed in 0..<50 as Range<UInt64> {
            var flash = MemoryFlash(geometry: try Self.geometry(erasedValue: erasedValue))
            flash.cutPower(PowerCut(operation: 0, mode: .insideUnstable, seed: seed))
            #expect(throws: FlashError.powerLost) { try flash.program(at: 32, data) }
            flash.powerOn()
            #expect(!flash.unstableBits.isEmpty)
            var both = [UInt8](repeating: 0, count: 512)
            let first = try flash.bytes(at: 0, count: 512)
            for _ in 0..<64 {
                for (index, byte) in try flash.bytes(at: 0, count: 512).enumerated() {
                    both[index] |= byte ^ first[index]
                }
            }
            for entry in flash.unstableBits.entries {
                #expect((32..<48).contains(entry.offset))
                #expect(both[entry.offset] == entry.mask)
                both[entry.offset] = 0
            }
            #expect(both.allSatisfy { $0 == 0 })

            var erased = flash
            try erased.erase(sectorAt: 0)
            #expect(erased.unstableBits.isEmpty)
            #expect(try erased.bytes(at: 0, count: 512).allSatisfy { $0 == erasedValue })

            guard flash.contents[32..<48].allSatisfy({ $0 == erasedValue }) else { continue }
            var kept = flash
            try kept.program(at: 32, [UInt8](repeating: erasedValue, count: 16))
            #expect(kept.unstableBits.entries == flash.unstableBits.entries)
            try flash.program(at: 32, data)
            #expect(flash.unstableBits.isEmpty)
            #expect(try flash.bytes(at: 32, count: 16) == data)
        }
    }

    @Test(arguments: [UInt8(0xFF), 0x00]) func readDisturb(erasedValue: UInt8) throws {
        var quiet = MemoryFlash(geometry: try Self.geometry(erasedValue: erasedValue))
        var flash = quiet
        flash.readDisturb = ReadDisturb(readsPerBit: 100, seed: 3)
        for read in 1...1000 {
            _ = try flash.bytes(at: 600, count: 1)
            _ = try quiet.bytes(at: 600, count: 1)
            let bits = flash.contents.reduce(0) { $0 + ($1 ^ erasedValue).nonzeroBitCount }
            #expect((bits > 0) == (read >= 100) && bits <= read / 100)
        }
        #expect(quiet.contents.allSatisfy { $0 == erasedValue })
        #expect(flash.contents[..<512].allSatisfy { $0 == erasedValue })
        #expect(flash.contents[1024...].allSatisfy { $0 == erasedValue })
        try flash.erase(sectorAt: 512)
        for _ in 0..<99 { _ = try flash.bytes(at: 600, count: 1) }
        #expect(flash.contents == quiet.contents)
    }

    @Test func sameSeedSameTear() throws {
        let data = [UInt8](repeating: 0x5A, count: 512)
        for mode in PowerCut.Mode.allCases {
            var flashes = [MemoryFlash(geometry: try Self.geometry()), MemoryFlash(geometry: try Self.geometry())]
            for index in flashes.indices {
                flashes[index].cutPower(PowerCut(operation: 0, mode: mode, seed: 99))
                #expect(throws: FlashError.powerLost) { try flashes[index].program(at: 0, data) }
            }
            #expect(flashes[0].contents == flashes[1].contents)
            // Played back, the same.
            var replayed = MemoryFlash(geometry: try Self.geometry())
            try replayed.replay(.program(address: 0, bytes: data), cut: mode, seed: 99)
            #expect(replayed.contents == flashes[0].contents)
        }
    }

    @Test func snapshotsAndRecording() throws {
        var flash = MemoryFlash(geometry: try Self.geometry())
        flash.recordsOperations = true
        let snapshot = flash
        try flash.program(at: 0, [1, 2, 3, 4])
        try flash.erase(sectorAt: 512)
        try flash.erase(sectorAt: 0)
        #expect(snapshot.contents.allSatisfy { $0 == 0xFF })
        #expect(
            flash.operations == [
                .program(address: 0, bytes: [1, 2, 3, 4]), .erase(sectorAddress: 512), .erase(sectorAddress: 0),
            ]
        )
        var replayed = snapshot
        for operation in flash.operations { try replayed.replay(operation) }
        #expect(replayed.contents == flash.contents)
        #expect(replayed.wear == flash.wear)
    }
}

extension NORFlash where Self: ~Copyable {
    mutating func program(at address: UInt32, _ bytes: [UInt8]) throws(FlashError) {
        try program(at: address, bytes.span.bytes)
    }

    mutating func bytes(at address: UInt32, count: Int) throws(FlashError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0x3C, count: count)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        try read(at: address, into: &raw)
        return bytes
    }
}
