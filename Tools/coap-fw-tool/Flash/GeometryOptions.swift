import ArgumentParser
import Bootloader
import Flash
import HostSupport

extension FlashPart: ExpressibleByArgument {}

/// How the flash is made up: a part by name, or equal sectors by number.
struct GeometryOptions: ParsableArguments {
    @Option(help: "A part whose flash it is.")
    var part: FlashPart = .nrf52840

    @Option(help: "Instead of a part: how many sectors.")
    var sectors: NumberArgument?

    @Option(help: "Bytes in a sector.")
    var sectorSize: NumberArgument?

    @Option(help: "Bytes that are written at once, a power of two up to 256.")
    var writeAlignment: NumberArgument?

    @Option(help: "What erased flash reads as, 0xff or 0x00.")
    var erasedValue: NumberArgument?

    func validate() throws {
        let isCustom = sectors != nil || sectorSize != nil
        if isCustom, sectors == nil || sectorSize == nil {
            throw ValidationError("--sectors and --sector-size go together")
        }
        if !isCustom, writeAlignment != nil || erasedValue != nil {
            throw ValidationError("--write-alignment and --erased-value go with --sectors and --sector-size")
        }
    }

    func map() throws(Failure) -> FlashMap {
        do throws(FlashMapError) {
            guard let sectors, let sectorSize else { return try part.map() }
            return try FlashMap(standardFor: try geometry(sectors.value, sectorSize.value))
        } catch {
            throw Failure(.usage, "this makes no flash: \(GeometryOptions.reason(error))")
        }
    }

    private func geometry(_ sectors: UInt32, _ sectorSize: UInt32) throws(FlashMapError) -> FlashGeometry {
        do throws(FlashGeometryError) {
            return try FlashGeometry(
                sectorCount: sectors,
                sectorSizeBytes: sectorSize,
                writeAlignmentBytes: writeAlignment?.value ?? 4,
                erasedValue: UInt8(clamping: erasedValue?.value ?? 0xFF)
            )
        } catch {
            throw .geometry(error)
        }
    }

    private static func reason(_ error: FlashMapError) -> String {
        switch error {
        case .geometry(let geometry): reason(geometry)
        case .tooFewSectors(let area, let minimum): "too few sectors, the \(area) area alone needs \(minimum)"
        case .slotTooSmall: "no room for two slots; take more or smaller sectors"
        case .outOfRange, .notSectorAligned, .overlap, .slotsDiffer:
            "its areas do not fit; take more or smaller sectors"
        }
    }

    private static func reason(_ error: FlashGeometryError) -> String {
        switch error {
        case .runCount: "it has no sectors"
        case .sectorRun(let count, let sizeBytes):
            "\(count) sectors of \(sizeBytes) bytes; write at least one, of a multiple of the write alignment"
        case .tooLarge: "more than \(FlashGeometry.maximumTotalBytes >> 20) MiB; take fewer or smaller sectors"
        case .writeAlignment(let bytes): "--write-alignment \(bytes); write a power of two from 1 to 256"
        case .erasedValue: "--erased-value; write 0xff or 0x00"
        }
    }
}
