import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

@Suite struct TrustStoreTests {
    static func record(_ number: UInt8, anchors: Int = 2) throws -> TrustRecord {
        var list = TrustAnchors()
        for index in 0..<anchors {
            let anchor = TrustAnchor(bytes: [UInt8](repeating: number &+ UInt8(index), count: 32).span.bytes)
            #expect(list.append(try #require(anchor)))
        }
        return TrustRecord(productID: UInt16(number), anchors: list)
    }

    /// The byte map, held to the code. The CRC is zlib's of bytes 0…143.
    @Test func byteMap() throws {
        let map = try TestGeometry.words.map()
        var flash = MemoryFlash(geometry: map.geometry)
        let store = TrustStore(map: map)
        try store.write(TrustRecord(productID: 0x1234, anchors: Self.record(0x40).anchors), flash: &flash)
        var expected: [UInt8] = Array("TRST".utf8) + [1, 0, 0, 2, 0x34, 0x12, 1, 0, 1, 0, 0, 0]
        expected += [UInt8](repeating: 0x40, count: 32) + [UInt8](repeating: 0x41, count: 32)
        expected += [UInt8](repeating: 0, count: 64) + Self.checksum(expected + [UInt8](repeating: 0, count: 64))
        expected += [0xFF, 0xFF]
        #expect(Array(flash.contents[0..<150]) == expected)
        #expect(flash.contents[512...].allSatisfy { $0 == 0xFF })
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

    @Test(arguments: TestGeometry.allCases) func cutWhileWriting(_ geometry: TestGeometry) throws {
        let map = try geometry.map()
        let store = TrustStore(map: map)
        for writes in 0..<3 {
            var flash = MemoryFlash(geometry: map.geometry, isWriteOnce: geometry.isWriteOnce)
            for number in 0..<writes { try store.write(Self.record(UInt8(number)), flash: &flash) }
            let before = writes == 0 ? nil : try store.read(flash: &flash)
            let after = try Self.record(100)
            for operation in 0..<2 as Range<UInt64> {
                for mode in PowerCut.Mode.allCases {
                    for seed in 0..<50 as Range<UInt64> {
                        var cut = flash
                        cut.cutPower(PowerCut(operation: operation, mode: mode, seed: seed))
                        #expect(throws: TrustError.flash(.powerLost)) { try store.write(after, flash: &cut) }
                        cut.powerOn()
                        let found = try? store.read(flash: &cut)
                        #expect(found == before || found == after, "\(operation) \(mode) \(seed)")
                        try store.write(after, flash: &cut)
                        #expect(try store.read(flash: &cut) == after)
                    }
                }
            }
        }
    }

    @Test func damage() throws {
        let map = try TestGeometry.words.map()
        var flash = MemoryFlash(geometry: map.geometry)
        let store = TrustStore(map: map)
        let first = try Self.record(1)
        let second = try Self.record(2)
        try store.write(first, flash: &flash)
        try store.write(second, flash: &flash)
        for bit in 0..<148 * 8 {
            var damaged = flash
            let address = 512 + bit / 8
            damaged.overwrite(at: UInt32(address), [flash.contents[address] ^ 1 << (bit % 8)])
            #expect(try store.read(flash: &damaged) == first, "bit \(bit)")
            damaged.overwrite(at: 4, [9])
            #expect(throws: TrustError.notProvisioned) { try store.read(flash: &damaged) }
        }
    }
}
