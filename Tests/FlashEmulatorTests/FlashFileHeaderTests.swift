import Bootloader
import Flash
import FlashEmulator
import Foundation
import SeededRandom
import Testing

/// The header page's byte map, held to the code; and headers with a right checksum and nonsense fields.
@Suite(.timeLimit(.minutes(15))) struct FlashFileHeaderTests {
    private func withFile(_ body: (String, Data) throws -> Void) throws {
        let path = URL(filePath: NSTemporaryDirectory()).appending(path: "header-\(UUID().uuidString).flash")
            .path(percentEncoded: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let geometry = try FlashGeometry(sectorCount: 20, sectorSizeBytes: 1024, writeAlignmentBytes: 4)
        do {
            var flash = try FlashFile.create(path: path, map: FlashMap(standardFor: geometry), durability: .process)
            try flash.program(at: 0, [1, 2, 3, 4])
            try flash.erase(sectorAt: 1024)
        }
        try body(path, Data(contentsOf: URL(filePath: path)))
    }

    @Test func byteMap() throws {
        try withFile { _, data in
            func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
            var expected = Array("NORFLASH".utf8) + [1, 0, 0, 0x10, 0xFF, 1, 4, 0]
            expected += word(20) + word(1024) + [UInt8](repeating: 0, count: 56)
            for (offset, size) in [(0, 2048), (2048, 4096), (6144, 7168), (13312, 7168)] as [(UInt32, UInt32)] {
                expected += word(offset) + word(size)
            }
            expected += word(0)
            expected += word(Self.checksum(expected))
            expected += [UInt8](repeating: 0, count: 4096 - expected.count)
            #expect(Array(data[0..<4096]) == expected)
            #expect(Array(data[4096..<4102]) == [1, 2, 3, 4, 0xFF, 0xFF])
            #expect(Array(data[(4096 + 20480)...]) == word(0) + word(1) + [UInt8](repeating: 0, count: 72))
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func nonsenseWithARightChecksum(seed: UInt64) throws {
        try withFile { path, good in
            var random = SplitMix64(seed: seed)
            for _ in 0..<50 {
                var data = good
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let offset = Int.random(in: 8..<112, using: &random)
                    data[offset] =
                        [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
                        .randomElement(using: &random) ?? 0
                }
                let checksum = Self.checksum(Array(data[0..<116]))
                data.replaceSubrange(116..<120, with: (0..<4).map { UInt8(truncatingIfNeeded: checksum >> ($0 * 8)) })
                try data.write(to: URL(filePath: path))
                do {
                    // What opens is a flash of that size whose map was checked.
                    let flash = try FlashFile.open(path: path)
                    #expect(Int(flash.geometry.totalBytes) == flash.contents.count, "seed \(seed)")
                } catch let error as FlashFileError {
                    #expect(error.description.hasPrefix(path))
                }
            }
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var state: UInt32 = .max
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0xEDB8_8320 : state >> 1 }
        }
        return ~state
    }
}
