/// Flashes of real parts, by name.
public enum FlashPart: CaseIterable, Sendable {
    /// Nordic nRF52840: 1 MiB, 4 KiB pages, 4-byte words.
    case nrf52840
    /// STM32L476: 1 MiB, 2 KiB pages, 8-byte double words with ECC, so each is written once per erase.
    case stm32l4
    /// STM32F429: 2 MiB in two banks of four sectors of 16 KiB, one of 64 KiB and seven of 128 KiB; 4-byte words.
    case stm32f4
    /// The W25Q80 beside an LPC4330: 1 MiB of SPI NOR, 4 KiB sectors. It takes one to 256 bytes at once; written are 8,
    /// which every MCUboot can (`MCUBOOT_BOOT_MAX_ALIGN` is 8 to 32).
    case lpc4330
    /// STM32L152: 512 KiB, 256-byte pages, 4-byte words, erased to 0x00.
    case stm32l1

    /// Sectors, write unit and erased value of the part.
    ///
    /// - Throws: never for these parts, which a test shows; the type's initialisers do.
    public func geometry() throws(FlashGeometryError) -> FlashGeometry {
        switch self {
        case .nrf52840:
            return try FlashGeometry(sectorCount: 256, sectorSizeBytes: 4096, writeAlignmentBytes: 4)
        case .stm32l4:
            return try FlashGeometry(sectorCount: 512, sectorSizeBytes: 2048, writeAlignmentBytes: 8)
        case .stm32f4:
            let small = SectorRun(count: 4, sizeBytes: 16 << 10)
            let middle = SectorRun(count: 1, sizeBytes: 64 << 10)
            let large = SectorRun(count: 7, sizeBytes: 128 << 10)
            let runs: InlineArray<6, SectorRun> = [small, middle, large, small, middle, large]
            return try FlashGeometry(runs: runs.span, writeAlignmentBytes: 4)
        case .lpc4330:
            return try FlashGeometry(sectorCount: 256, sectorSizeBytes: 4096, writeAlignmentBytes: 8)
        case .stm32l1:
            return try FlashGeometry(
                sectorCount: 2048,
                sectorSizeBytes: 256,
                writeAlignmentBytes: 4,
                erasedValue: 0x00
            )
        }
    }
}
