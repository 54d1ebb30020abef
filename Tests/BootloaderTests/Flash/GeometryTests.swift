import Bootloader
import Flash
import Testing

@Suite(.timeLimit(.minutes(15))) struct GeometryTests {
    @Test(arguments: FlashPart.allCases) func parts(_ part: FlashPart) throws {
        let geometry = try part.geometry()
        let map = try part.map()
        #expect(map.geometry == geometry)
        #expect(map.primary.sizeBytes == map.secondary.sizeBytes)
        // A bank of the journal has a write unit for every sector of a slot.
        let middle = try #require(geometry.middle(of: map.journal))
        let bankBytes = min(middle - map.journal.offset, map.journal.offset + map.journal.sizeBytes - middle)
        #expect(bankBytes >= 64 + (map.slotSectorCount + 5) * geometry.writeAlignmentBytes)
        #expect(geometry.isSectorBoundary(middle))
        // A 240 KiB image fits everywhere but on the smallest part.
        #expect(map.maximumImageSizeBytes >= (part == .stm32l1 ? 200 : 300) << 10, "\(map.maximumImageSizeBytes)")
        // Sector by sector: both look-ups agree, and the sectors cover the flash.
        var address: UInt32 = 0
        for index in 0..<geometry.sectorCount {
            let sector = try #require(geometry.sector(at: index))
            #expect(sector.address == address)
            #expect(geometry.sector(containing: address) == sector)
            #expect(geometry.sector(containing: sector.end - 1) == sector)
            #expect(geometry.isSectorBoundary(address))
            #expect(!geometry.isSectorBoundary(address + 1))
            address = sector.end
        }
        #expect(address == geometry.totalBytes)
        #expect(geometry.isSectorBoundary(address))
        #expect(geometry.sector(containing: address) == nil)
        #expect(geometry.sector(containing: .max) == nil)
        #expect(geometry.sector(at: geometry.sectorCount) == nil)
    }

    @Test(
        arguments: [
            ([], 4, 0xFF, .runCount(0)),
            (Array(repeating: SectorRun(count: 1, sizeBytes: 16), count: 9), 4, 0xFF, .runCount(9)),
            ([SectorRun(count: 0, sizeBytes: 16)], 4, 0xFF, .sectorRun(count: 0, sizeBytes: 16)),
            ([SectorRun(count: 4, sizeBytes: 0)], 4, 0xFF, .sectorRun(count: 4, sizeBytes: 0)),
            ([SectorRun(count: 4, sizeBytes: 18)], 4, 0xFF, .sectorRun(count: 4, sizeBytes: 18)),
            ([SectorRun(count: 4, sizeBytes: 4096)], 0, 0xFF, .writeAlignment(0)),
            ([SectorRun(count: 4, sizeBytes: 4096)], 3, 0xFF, .writeAlignment(3)),
            ([SectorRun(count: 4, sizeBytes: 4096)], 512, 0xFF, .writeAlignment(512)),
            ([SectorRun(count: 4, sizeBytes: 4096)], 4, 0x55, .erasedValue(0x55)),
            ([SectorRun(count: .max, sizeBytes: .max - 3)], 4, 0xFF, .tooLarge),
            ([SectorRun(count: 65537, sizeBytes: 4096)], 4, 0xFF, .tooLarge),
        ] as [([SectorRun], UInt32, UInt8, FlashGeometryError)]
    )
    func refused(runs: [SectorRun], unit: UInt32, erasedValue: UInt8, expected: FlashGeometryError) {
        #expect(throws: expected) {
            try FlashGeometry(runs: runs.span, writeAlignmentBytes: unit, erasedValue: erasedValue)
        }
    }

    /// Where write units are large, marks for every sector of a slot would take too much of the flash.
    @Test func theJournalTakesAnEighthAtMost() throws {
        let geometry = try FlashGeometry(sectorCount: 400, sectorSizeBytes: 1024, writeAlignmentBytes: 256)
        let map = try FlashMap(standardFor: geometry)
        #expect(map.journal.sizeBytes == 50 * 1024)
        #expect(geometry.middle(of: map.journal) == map.journal.offset + 25 * 1024)
    }

    @Test func middles() throws {
        let runs = [
            SectorRun(count: 4, sizeBytes: 16), SectorRun(count: 1, sizeBytes: 64), SectorRun(count: 2, sizeBytes: 32),
        ]
        let geometry = try FlashGeometry(runs: runs.span, writeAlignmentBytes: 4)
        func middle(_ offset: UInt32, _ sizeBytes: UInt32) -> UInt32? {
            geometry.middle(of: FlashArea(offset: offset, sizeBytes: sizeBytes))
        }
        #expect(middle(0, 64) == 32)
        #expect(middle(0, 48) == 32)
        // The one boundary past the middle is the area's end.
        #expect(middle(16, 112) == nil)
        #expect(middle(64, 128) == 128)
        #expect(middle(0, 192) == 128)
        #expect(middle(0, 16) == nil)
        #expect(middle(0, 0) == nil)
        #expect(middle(64, 256) == nil)
        #expect(middle(.max, .max) == nil)
    }

    @Test func mapsThatAreRefused() throws {
        let geometry = try FlashGeometry(sectorCount: 32, sectorSizeBytes: 1024, writeAlignmentBytes: 4)
        func map(
            _ trust: (UInt32, UInt32) = (0, 2),
            _ journal: (UInt32, UInt32) = (2, 4),
            _ primary: (UInt32, UInt32) = (6, 13),
            _ secondary: (UInt32, UInt32) = (19, 13),
            scale: UInt32 = 1024,
            in geometry: FlashGeometry
        ) throws -> FlashMap {
            func area(_ sectors: (UInt32, UInt32)) -> FlashArea {
                FlashArea(offset: sectors.0 * scale, sizeBytes: sectors.1 * scale)
            }
            return try FlashMap(
                geometry: geometry,
                trust: area(trust),
                journal: area(journal),
                primary: area(primary),
                secondary: area(secondary)
            )
        }
        #expect(try map(in: geometry) == FlashMap(standardFor: geometry))
        #expect(throws: FlashMapError.tooFewSectors(.trust, minimum: 2)) { try map((0, 1), in: geometry) }
        #expect(throws: FlashMapError.tooFewSectors(.journal, minimum: 4)) { try map((0, 2), (2, 3), in: geometry) }
        #expect(throws: FlashMapError.overlap(.trust, .journal)) { try map((0, 3), in: geometry) }
        #expect(throws: FlashMapError.overlap(.primary, .secondary)) { try map((0, 2), (2, 4), (6, 14), in: geometry) }
        #expect(throws: FlashMapError.outOfRange(.secondary)) {
            try map((0, 2), (2, 4), (6, 13), (20, 13), in: geometry)
        }
        #expect(throws: FlashMapError.slotsDiffer) { try map((0, 2), (2, 4), (6, 13), (19, 12), in: geometry) }
        #expect(throws: FlashMapError.slotTooSmall) { try map((0, 2), (2, 4), (6, 2), (8, 2), in: geometry) }
        #expect(throws: FlashMapError.notSectorAligned(.trust)) { try map((0, 0), in: geometry) }
        #expect(throws: FlashMapError.notSectorAligned(.trust)) {
            try FlashMap(
                geometry: geometry,
                trust: FlashArea(offset: 0, sizeBytes: 2049),
                journal: FlashArea(offset: 4096, sizeBytes: 4096),
                primary: FlashArea(offset: 8192, sizeBytes: 8192),
                secondary: FlashArea(offset: 16384, sizeBytes: 8192)
            )
        }
        #expect(throws: FlashMapError.outOfRange(.trust)) {
            try FlashMap(
                geometry: geometry,
                trust: FlashArea(offset: .max, sizeBytes: .max),
                journal: FlashArea(offset: 4096, sizeBytes: 4096),
                primary: FlashArea(offset: 8192, sizeBytes: 8192),
                secondary: FlashArea(offset: 16384, sizeBytes: 8192)
            )
        }
        // Slots whose sectors are not all equal.
        let mixed = [SectorRun(count: 20, sizeBytes: 1024), SectorRun(count: 6, sizeBytes: 2048)]
        let mixedGeometry = try FlashGeometry(runs: mixed.span, writeAlignmentBytes: 4)
        #expect(throws: FlashMapError.slotsDiffer) { try map(in: mixedGeometry) }
        #expect(throws: FlashMapError.slotsDiffer) {
            try map((0, 2), (2, 4), (8, 12), (20, 12), in: mixedGeometry)
        }
        let standard = try FlashMap(standardFor: mixedGeometry)
        #expect(standard.slotSectorSizeBytes == 1024)
        #expect(standard.primary == FlashArea(offset: 6144, sizeBytes: 7168))
        let tiny = try FlashGeometry(sectorCount: 5, sectorSizeBytes: 1024, writeAlignmentBytes: 4)
        #expect(throws: FlashMapError.tooFewSectors(.journal, minimum: 4)) { try FlashMap(standardFor: tiny) }
        let nothingLeft = try FlashGeometry(sectorCount: 7, sectorSizeBytes: 1024, writeAlignmentBytes: 4)
        #expect(throws: FlashMapError.slotTooSmall) { try FlashMap(standardFor: nothingLeft) }
    }
}
