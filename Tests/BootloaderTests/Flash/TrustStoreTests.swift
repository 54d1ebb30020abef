import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import Testing

@Suite(.timeLimit(.minutes(15))) struct TrustStoreTests {
    static func record(_ number: UInt8, anchors: Int = 2) throws -> TrustRecord {
        var list = TrustAnchors()
        for index in 0..<anchors {
            let anchor = TrustAnchor(bytes: [UInt8](repeating: number &+ UInt8(index), count: 32).span.bytes)
            #expect(list.append(try #require(anchor)))
        }
        return TrustRecord(productID: UInt16(number), anchors: list)
    }

    /// The byte map, held to the code: one key of each kind, both pinned images, both halves, their logs.
    @Test func byteMap() throws {
        let map = try TestGeometry.words.map()
        var flash = MemoryFlash(geometry: map.geometry)
        let point = TrustAnchor(.ecdsaP256, bytes: [UInt8](repeating: 0x41, count: 64).span.bytes)
        var anchors = try Self.record(0x40, anchors: 1).anchors
        #expect(anchors.append(try #require(point)))
        var pinned = PinnedImages()
        for byte: UInt8 in [0x50, 0x51] {
            let digest = SHA256Digest(bytes: [UInt8](repeating: byte, count: 32).span.bytes)
            #expect(pinned.insert(try #require(digest)))
        }
        let record = TrustRecord(
            productID: 0x1234,
            anchors: anchors,
            anchorSetNumber: 0x0102_0304,
            securityCounter: 0x0506_0708,
            pinned: pinned
        )
        try TrustStore(map: map).write(record, flash: &flash)
        for (half, revision) in [(0, UInt8(1)), (512, 2)] {
            var expected: [UInt8] = Array("TRST".utf8) + [2, 1, 196, 0, 0x34, 0x12, 2, 2, revision, 0, 0, 0]
            expected += [4, 3, 2, 1, 8, 7, 6, 5]
            expected += [1, 32, 0, 0] + [UInt8](repeating: 0x40, count: 32)
            expected += [2, 64, 0, 0] + [UInt8](repeating: 0x41, count: 64)
            expected += [UInt8](repeating: 0x50, count: 32) + [UInt8](repeating: 0x51, count: 32)
            expected += Self.checksum(expected)
            #expect(expected.count == 196)
            // This copy counts; and the first half says that the second one is sure.
            expected += Self.logged([revision, 0x30])
            if half == 0 { expected += Self.logged([2, 0x20]) }
            expected += [UInt8](repeating: 0xFF, count: 512 - expected.count)
            #expect(Array(flash.contents[half..<half + 512]) == expected)
        }
        #expect(flash.contents[1024...].allSatisfy { $0 == 0xFF })
    }

    /// A value of the log, three times.
    private static func logged(_ value: [UInt8]) -> [UInt8] {
        (1...3 as ClosedRange<UInt8>).flatMap { value + checksum(value + [$0]).prefix(2) }
    }

    /// A record as programs before version 2 wrote it: its counter and key set number are 0, and it is replaced whole.
    @Test(arguments: TestGeometry.allCases) func version1(_ geometry: TestGeometry) throws {
        let map = try geometry.map()
        var flash = MemoryFlash(geometry: map.geometry)
        var bytes: [UInt8] = Array("TRST".utf8) + [1, 0, 0, 2, 0x34, 0x12, 1, 0, 1, 0, 0, 0]
        bytes += [UInt8](repeating: 0x40, count: 32) + [UInt8](repeating: 0x41, count: 32)
        bytes += [UInt8](repeating: 0, count: 64)
        bytes += Self.checksum(bytes)
        flash.overwrite(at: 0, bytes)
        let store = TrustStore(map: map)
        var expected = TrustRecord(productID: 0x1234, anchors: try Self.record(0x40).anchors)
        #expect(try store.read(flash: &flash) == expected)
        #expect(try store.settle(flash: &flash) == expected)
        let operations = flash.counters.operations
        #expect(try store.settle(flash: &flash) == expected)
        #expect(flash.counters.operations == operations)
        expected.securityCounter = 5
        try store.write(expected, flash: &flash)
        #expect(try store.read(flash: &flash) == expected)
        #expect(flash.contents[4] == 2)
    }

    /// Two copies of one revision, each with a mark at the end of its half, as programs wrote them that had no log.
    @Test(arguments: FlashPart.allCases) func formatWithMarks(_ part: FlashPart) throws {
        let map = try part.map()
        let store = TrustStore(map: map)
        var record = try Self.largestRecord(1)
        var bytes = FlashBuffer(repeating: 0)
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            record.encode(into: &raw, revision: 7)
        }
        let (unit, half) = (map.geometry.writeAlignmentBytes, map.trust.sizeBytes / 2)
        for marks: UInt32 in [1, 8] {
            var flash = MemoryFlash(geometry: map.geometry, isWriteOnce: part == .stm32l4)
            for start in [0, half] {
                flash.overwrite(at: start, (0..<record.byteCount).map { bytes[$0] })
                let mark = [UInt8](repeating: ~map.geometry.erasedValue, count: Int(marks * unit))
                flash.overwrite(at: start + half - 8 * unit, mark)
            }
            #expect(try store.settle(flash: &flash) == record)
            #expect(flash.counters.operations == 0)
            for counter: UInt32 in 1...3 {
                record.securityCounter = counter
                try store.write(record, flash: &flash)
                #expect(try store.read(flash: &flash) == record)
            }
            record.securityCounter = 0
        }
    }

    /// The largest record fits into every part's trust area.
    @Test(arguments: FlashPart.allCases) func largestRecord(_ part: FlashPart) throws {
        let map = try part.map()
        var flash = MemoryFlash(geometry: map.geometry, isWriteOnce: part == .stm32l4)
        let store = TrustStore(map: map)
        for number: UInt8 in 1...3 {
            let record = try Self.largestRecord(number)
            try store.write(record, flash: &flash)
            #expect(try store.read(flash: &flash) == record)
        }
    }

    /// What does not fit is refused, and what was there stays.
    @Test func areaTooSmall() throws {
        let geometry = try FlashGeometry(sectorCount: 64, sectorSizeBytes: 256, writeAlignmentBytes: 4)
        let map = try FlashMap(
            geometry: geometry,
            trust: FlashArea(offset: 0, sizeBytes: 512),
            journal: FlashArea(offset: 512, sizeBytes: 1024),
            primary: FlashArea(offset: 2048, sizeBytes: 4096),
            secondary: FlashArea(offset: 6144, sizeBytes: 4096)
        )
        var flash = MemoryFlash(geometry: geometry)
        let store = TrustStore(map: map)
        let small = try Self.record(1)
        try store.write(small, flash: &flash)
        #expect(throws: TrustError.areaTooSmall) { try store.write(Self.largestRecord(1), flash: &flash) }
        #expect(try store.read(flash: &flash) == small)
    }

    static func largestRecord(_ number: UInt8) throws -> TrustRecord {
        var record = try Self.record(number, anchors: 0)
        for index: UInt8 in 0..<4 {
            let key = (0..<64).map { number &* 16 &+ index &+ $0 }
            let anchor = TrustAnchor(.ecdsaP256, bytes: key.span.bytes)
            #expect(record.anchors.append(try #require(anchor)))
        }
        for index: UInt8 in 0..<2 {
            let bytes = [UInt8](repeating: number &+ index, count: 32)
            let digest = SHA256Digest(bytes: bytes.span.bytes)
            #expect(record.pinned.insert(try #require(digest)))
        }
        return record
    }

    /// CRC-32 bit by bit, as IEEE 802.3 defines it.
    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var state: UInt32 = .max
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0xEDB8_8320 : state >> 1 }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: ~state >> ($0 * 8)) }
    }

    @Test(arguments: TestGeometry.allCases) func writtenAndRead(_ geometry: TestGeometry) throws {
        let map = try geometry.map()
        var flash = MemoryFlash(geometry: map.geometry, isWriteOnce: geometry.isWriteOnce)
        let store = TrustStore(map: map)
        #expect(throws: TrustError.notProvisioned) { try store.read(flash: &flash) }
        for number in 1...5 as ClosedRange<UInt8> {
            let record = try Self.record(number, anchors: Int(number) % 5)
            try store.write(record, flash: &flash)
            #expect(try store.read(flash: &flash) == record)
        }
        let anonymous = TrustRecord(productID: nil, anchors: try Self.record(9, anchors: 4).anchors)
        try store.write(anonymous, flash: &flash)
        #expect(try store.read(flash: &flash) == anonymous)
        // The same again costs nothing.
        let operations = flash.counters.operations
        try store.write(anonymous, flash: &flash)
        #expect(flash.counters.operations == operations)
    }

    /// Cuts at every operation of a write, and again at every operation of what makes it good. Bits that a cut left
    /// half-way read differently each time.
    @Test(arguments: TestGeometry.allCases) func cutWhileWriting(_ geometry: TestGeometry) throws {
        let map = try geometry.map()
        let store = TrustStore(map: map)
        let after = try Self.largestRecord(100)
        for writes: UInt8 in 0..<3 {
            var start = MemoryFlash(geometry: map.geometry, isWriteOnce: geometry.isWriteOnce)
            for number in 0..<writes { try store.write(Self.record(number), flash: &start) }
            let before = writes == 0 ? nil : try store.read(flash: &start)
            var clean = start
            try store.write(after, flash: &clean)
            let operations = Int(clean.counters.operations - start.counters.operations)
            for operation in 0..<operations {
                for seed in 0..<8 as Range<UInt64> {
                    var flash = FlickeringFlash(start, seed: seed)
                    flash.cutPower(at: operation)
                    #expect(throws: TrustError.flash(.powerLost)) { try store.write(after, flash: &flash) }
                    for second in 0..<5 {
                        var again = flash
                        again.powerOn(seed: seed &* 31 &+ UInt64(second))
                        again.cutPower(at: second)
                        let place: Comment =
                            "\(geometry) write \(writes) operation \(operation), \(second) seed \(seed)"
                        _ = try? store.settle(flash: &again)
                        again.powerOn(seed: seed)
                        let settled = try? store.settle(flash: &again)
                        #expect(settled == before || settled == after, place)
                        // Nothing of it is left to chance any more.
                        for _ in 0..<4 where settled != nil {
                            #expect(try store.read(flash: &again) == settled, place)
                        }
                        try store.write(after, flash: &again)
                        #expect(try store.settle(flash: &again) == after, place)
                    }
                }
            }
        }
    }

    /// Three cuts, in a write and in what makes it good, and in each pause between them other answers of the units in
    /// doubt: the record is never lost, nor an older one, and in the end it can be written.
    @Test func threeCuts() throws {
        let map = try TestGeometry.words.map()
        let store = TrustStore(map: map)
        let (before, after) = (try Self.record(1), try Self.record(2))
        var memory = MemoryFlash(geometry: map.geometry)
        try store.write(before, flash: &memory)
        var cases = 0
        for first in 0..<40 {
            var flash = DecidedFlash(memory)
            flash.cutPower(in: first)
            guard (try? store.write(after, flash: &flash)) == nil else { break }
            for answers in [[.old], [.new]] as [[DecidedFlash.Answer]] {
                for second in 0..<40 {
                    var flash = flash
                    flash.powerOn(answers)
                    flash.cutPower(in: second)
                    guard (try? store.settle(flash: &flash)) == nil else { break }
                    for index in 0..<4 {
                        let answers: [DecidedFlash.Answer] = [
                            index & 1 == 0 ? .old : .new, index & 2 == 0 ? .old : .new,
                        ]
                        for third in 0..<40 {
                            var flash = flash
                            flash.powerOn(answers)
                            flash.cutPower(in: third)
                            guard (try? store.settle(flash: &flash)) == nil else { break }
                            for index in stride(from: (first + second + third) % 4, to: 27, by: 4) {
                                var flash = flash
                                let all = DecidedFlash.Answer.allCases
                                flash.powerOn(all[index / 9], all[index / 3 % 3], all[index % 3])
                                let place: Comment = "cuts \(first), \(second), \(third), answers \(answers), \(index)"
                                let settled = try? store.settle(flash: &flash)
                                #expect(settled == before || settled == after, place)
                                flash.powerOn(all[index / 9], all[index % 3], all[index / 3 % 3])
                                #expect(try store.read(flash: &flash) == settled, place)
                                cases += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(cases > 1_000)
    }

    /// One damaged copy is made good from the other one; the record stays.
    @Test func damage() throws {
        let map = try TestGeometry.words.map()
        var flash = MemoryFlash(geometry: map.geometry)
        let store = TrustStore(map: map)
        let record = try Self.record(1)
        try store.write(record, flash: &flash)
        for half: UInt32 in [0, 512] {
            for bit in 0..<100 * 8 {
                var damaged = flash
                let address = half + UInt32(bit / 8)
                damaged.overwrite(at: address, [flash.contents[Int(address)] ^ 1 << (bit % 8)])
                #expect(try store.read(flash: &damaged) == record, "bit \(bit)")
                #expect(try store.settle(flash: &damaged) == record, "bit \(bit)")
                damaged.overwrite(at: 512 - half, [9])
                #expect(try store.settle(flash: &damaged) == record, "bit \(bit)")
                damaged.overwrite(at: 0, [9])
                damaged.overwrite(at: 512, [9])
                #expect(throws: TrustError.notProvisioned) { try store.settle(flash: &damaged) }
            }
        }
    }
}
