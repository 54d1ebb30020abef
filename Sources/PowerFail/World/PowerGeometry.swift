public import Bootloader
import Flash
import FlashEmulator

/// The parts whose flash is imitated, with as few and as small sectors as their swap still needs.
///
/// Write unit, erased value, write-once and the ratio of sector sizes are the part's; sectors are scaled down where the
/// part's are large, so that an image has two or three of them and an operation takes microseconds. The logic under
/// test depends on sectors by number, not by size.
public enum PowerGeometry: String, CaseIterable, Sendable {
    /// Pages of 4 KiB scaled to 512 bytes, words of 4.
    case nrf52840
    /// Pages of 2 KiB scaled to 512 bytes, double words of 8, each written once.
    case stm32l4
    /// Sectors of 16, 64 and 128 KiB scaled to 256, 1024 and 2048 bytes, words of 4; slots in the large ones.
    case stm32f4
    /// Sectors of 4 KiB as they are, pages of 256 bytes: the trailer takes two sectors.
    case lpc4330
    /// Pages of 256 bytes as they are, words of 4, erased to 0x00.
    case stm32l1

    /// Sectors of each slot: image, spare, trailer.
    private var slotSectors: UInt32 {
        switch self {
        case .nrf52840, .stm32l4, .stm32f4, .stm32l1: 5
        case .lpc4330: 6
        }
    }

    /// Geometry and areas.
    ///
    /// - Throws: never for these, which every run shows.
    public func map() throws -> FlashMap {
        switch self {
        case .nrf52840: return try Self.map(sectorBytes: 512, unit: 4, slotSectors)
        case .stm32l4: return try Self.map(sectorBytes: 512, unit: 8, slotSectors)
        case .lpc4330: return try Self.map(sectorBytes: 4096, unit: 256, slotSectors, trustSectors: 4)
        case .stm32l1: return try Self.map(sectorBytes: 256, unit: 4, erasedValue: 0, slotSectors, trustSectors: 4)
        case .stm32f4:
            let runs: [SectorRun] = [
                SectorRun(count: 4, sizeBytes: 256), SectorRun(count: 1, sizeBytes: 1024),
                SectorRun(count: slotSectors, sizeBytes: 2048), SectorRun(count: 4, sizeBytes: 256),
                SectorRun(count: 1, sizeBytes: 1024), SectorRun(count: slotSectors, sizeBytes: 2048),
            ]
            let bank = 2048 + slotSectors * 2048
            return try FlashMap(
                geometry: FlashGeometry(runs: runs.span, writeAlignmentBytes: 4),
                trust: FlashArea(offset: 0, sizeBytes: 1024),
                journal: FlashArea(offset: bank, sizeBytes: 1024),
                primary: FlashArea(offset: 2048, sizeBytes: slotSectors * 2048),
                secondary: FlashArea(offset: bank + 2048, sizeBytes: slotSectors * 2048)
            )
        }
    }

    private static func map(
        sectorBytes: UInt32,
        unit: UInt32,
        erasedValue: UInt8 = 0xFF,
        _ slotSectors: UInt32,
        trustSectors: UInt32 = 2
    ) throws -> FlashMap {
        try FlashMap(
            standardFor: FlashGeometry(
                sectorCount: trustSectors + 4 + 2 * slotSectors,
                sectorSizeBytes: sectorBytes,
                writeAlignmentBytes: unit,
                erasedValue: erasedValue
            )
        )
    }

    /// Whether its runs are short: every recovery can be cut in seconds.
    public var isSmall: Bool { self == .nrf52840 || self == .stm32l1 }

    /// Those that the adversary exhausts: each write unit, erased value and rule once, with small sectors.
    public static let exhaustible: [PowerGeometry] = [.nrf52840, .stm32l4, .stm32l1]

    /// Whether a write unit takes one program per erase.
    public var isWriteOnce: Bool { self == .stm32l4 }

    /// The block size exponent of downloads: a few blocks per sector, and none below the write unit.
    var szx: UInt8 {
        switch self {
        case .nrf52840, .stm32l4: 4
        case .stm32f4, .lpc4330: 6
        case .stm32l1: 3
        }
    }
}
