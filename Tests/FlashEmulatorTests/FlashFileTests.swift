import Bootloader
import Flash
import FlashEmulator
import Foundation
import Testing

/// Flash files: what is kept, and everything that can be wrong with one.
@Suite(.timeLimit(.minutes(15))) struct FlashFileTests {
    private let folder: URL

    init() throws {
        folder = URL(filePath: NSTemporaryDirectory()).appending(path: "flash-file-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func inFolder(_ body: (String) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appending(path: "dev.flash").path(percentEncoded: false))
    }

    private func map(sectors: UInt32 = 20) throws -> FlashMap {
        try FlashMap(
            standardFor: FlashGeometry(sectorCount: sectors, sectorSizeBytes: 1024, writeAlignmentBytes: 4)
        )
    }

    @Test(arguments: [FlashFile.Durability.process, .everyOperation])
    func keepsContentsAndWear(durability: FlashFile.Durability) throws {
        try inFolder { path in
            do {
                var flash = try FlashFile.create(path: path, map: map(), durability: durability)
                #expect(flash.contents.allSatisfy { $0 == 0xFF })
                try flash.program(at: 2048, [1, 2, 3, 4])
                try flash.program(at: 3072, [5, 6, 7, 8])
                try flash.erase(sectorAt: 2048)
                try flash.erase(sectorAt: 2048)
                try flash.program(at: 2052, [9, 9, 9, 9])
                #expect(throws: FlashError.notErased(address: 2052)) { try flash.program(at: 2052, [0, 0, 0, 0]) }
            }
            var flash = try FlashFile.open(path: path, durability: durability)
            #expect(flash.map == (try map()))
            #expect(flash.wear[2] == 2)
            #expect(flash.wear.reduce(0, +) == 2)
            #expect(try flash.bytes(at: 2048, count: 12) == [255, 255, 255, 255, 9, 9, 9, 9, 255, 255, 255, 255])
            #expect(try flash.bytes(at: 3072, count: 4) == [5, 6, 7, 8])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()) == ["dev.flash"])
        }
    }

    @Test(arguments: FlashPart.allCases) func everyPart(_ part: FlashPart) throws {
        try inFolder { path in
            let map = try part.map()
            _ = try FlashFile.create(path: path, map: map, durability: .process)
            #expect(try FlashFile.open(path: path).map == map)
        }
    }

    @Test func readOnly() throws {
        try inFolder { path in
            _ = try FlashFile.create(path: path, map: map(), durability: .process)
            var flash = try FlashFile.open(path: path, access: .readOnly)
            // Several readers, and no writer beside them.
            _ = try FlashFile.open(path: path, access: .readOnly)
            #expect(throws: FlashFileError.locked(path: path)) { try FlashFile.open(path: path) }
            #expect(throws: FlashError.io(EROFS)) { try flash.program(at: 0, [0, 0, 0, 0]) }
            #expect(throws: FlashError.io(EROFS)) { try flash.erase(sectorAt: 0) }
            #expect(try flash.bytes(at: 0, count: 4) == [255, 255, 255, 255])
        }
    }

    @Test func lockedWhileOpen() throws {
        try inFolder { path in
            var flash: FlashFile? = try FlashFile.create(path: path, map: map(), durability: .process)
            #expect(throws: FlashFileError.locked(path: path)) { try FlashFile.open(path: path) }
            #expect(flash?.path == path)
            flash = nil
            _ = try FlashFile.open(path: path)
        }
    }

    @Test func filesThatAreNone() throws {
        try inFolder { path in
            #expect(throws: FlashFileError.missing(path: path)) { try FlashFile.open(path: path) }
            let nowhere = folder.appending(path: "no/dev.flash").path(percentEncoded: false)
            #expect(throws: FlashFileError.noDirectory(path: nowhere)) {
                try FlashFile.create(path: nowhere, map: map())
            }
            #expect(throws: FlashFileError.notAFlashFile(path: folder.path())) {
                try FlashFile.open(path: folder.path())
            }
            _ = try FlashFile.create(path: path, map: map(), durability: .process)
            #expect(throws: FlashFileError.exists(path: path)) { try FlashFile.create(path: path, map: map()) }

            let good = try Data(contentsOf: URL(filePath: path))
            #expect(good.count == 4096 + 20 * 1024 + 80)
            func opens(_ bytes: Data) -> FlashFileError? {
                do {
                    try bytes.write(to: URL(filePath: path))
                    _ = try FlashFile.open(path: path)
                    return nil
                } catch {
                    return error as? FlashFileError
                }
            }
            #expect(opens(good) == nil)
            #expect(opens(Data()) == .notAFlashFile(path: path))
            #expect(opens(Data("NORFLASH".utf8)) == .notAFlashFile(path: path))
            #expect(opens(Data(repeating: 0, count: 30_000)) == .notAFlashFile(path: path))
            #expect(opens(good.prefix(4000)) == .wrongSize(path: path, expectedBytes: good.count, foundBytes: 4000))
            #expect(
                opens(good.dropLast()) == .wrongSize(path: path, expectedBytes: good.count, foundBytes: good.count - 1)
            )
            #expect(
                opens(good + [0]) == .wrongSize(path: path, expectedBytes: good.count, foundBytes: good.count + 1)
            )
            for byte in 8..<116 {
                var damaged = good
                damaged[byte] ^= 0x10
                #expect(opens(damaged) == .damagedHeader(path: path), "byte \(byte)")
            }
        }
    }

    @Test func messagesNameFileAndWayOut() {
        let path = "dev-1.flash"
        for error in [
            FlashFileError.missing(path: path), .exists(path: path), .noDirectory(path: path),
            .notAFlashFile(path: path), .version(path: path, found: 2), .damagedHeader(path: path),
            .wrongSize(path: path, expectedBytes: 10, foundBytes: 9),
            .wrongSize(path: path, expectedBytes: 10, foundBytes: 11), .locked(path: path), .noSpace(path: path),
            .readOnly(path: path),
        ] {
            let text = error.description
            #expect(text.hasPrefix("dev-1.flash: "))
            #expect(!text.contains("\n"))
            #expect(text.contains(";"), "\(text)")
        }
    }
}
