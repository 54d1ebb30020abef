import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import Testing

typealias StubBootloader = Bootloader<StubCryptography>

/// A device under test: a flash, its map, and what an application does with them.
struct Device {
    let map: FlashMap
    var flash: MemoryFlash

    init(_ map: FlashMap, isWriteOnce: Bool = false) throws {
        self.map = map
        flash = MemoryFlash(geometry: map.geometry, isWriteOnce: isWriteOnce)
        try TrustStore(map: map).write(TestImages.trust(), flash: &flash)
    }

    var control: SlotControl { SlotControl(map: map) }

    mutating func boot() throws(BootError) -> BootReport {
        try StubBootloader.boot(flash: &flash, map: map)
    }

    /// Confirms as an application does.
    @discardableResult
    mutating func confirm() throws(ConfirmationError) -> ConfirmationReport {
        try Confirmation<StubCryptography>.confirm(flash: &flash, map: map)
    }

    /// The trust record as it reads.
    func trust() throws -> TrustRecord {
        var flash = flash
        return try TrustStore(map: map).read(flash: &flash)
    }

    /// Boots and says only how it ended.
    mutating func outcome() -> Result<BootReport, BootError> {
        do throws(BootError) {
            return .success(try boot())
        } catch {
            return .failure(error)
        }
    }

    /// Puts an image into a slot as a programmer would: erases the slot and writes.
    mutating func install(_ image: [UInt8], in slot: Slot) throws(FlashError) {
        let area = map.area(of: slot)
        var address = area.offset
        while UInt64(address) < area.end {
            try flash.erase(sectorAt: address)
            address += map.slotSectorSizeBytes
        }
        try program(image, at: area.offset)
    }

    /// Puts an image into the secondary slot as an application does: prepares it, erases sector by sector, writes.
    mutating func download(_ image: [UInt8]) throws(SlotError) {
        try control.prepareSecondary(flash: &flash)
        do throws(FlashError) {
            let sectorBytes = Int(map.slotSectorSizeBytes)
            for start in stride(from: 0, to: image.count, by: sectorBytes) {
                let address = map.secondary.offset + UInt32(start)
                try flash.erase(sectorAt: address)
                try program(Array(image[start..<min(start + sectorBytes, image.count)]), at: address)
            }
        } catch {
            throw .flash(error)
        }
    }

    mutating func program(_ bytes: [UInt8], at address: UInt32) throws(FlashError) {
        let unit = Int(map.geometry.writeAlignmentBytes)
        let padding = (unit - bytes.count % unit) % unit
        let padded = bytes + [UInt8](repeating: map.geometry.erasedValue, count: padding)
        for start in stride(from: 0, to: padded.count, by: 256 * unit) {
            let end = min(start + 256 * unit, padded.count)
            try flash.program(at: address + UInt32(start), padded[start..<end].span.bytes)
        }
    }

    func bytes(in slot: Slot, count: Int) -> [UInt8] {
        let offset = Int(map.area(of: slot).offset)
        return Array(flash.contents[offset..<offset + count])
    }

    func trailer(of slot: Slot) throws -> BootTrailer {
        var flash = flash
        return try BootTrailer(of: slot, flash: &flash, map: map)
    }

    /// Writes a trailer field by field, whatever sense it makes.
    mutating func setTrailer(_ slot: Slot, _ trailer: BootTrailer, magic: [UInt8]? = nil) {
        let area = map.area(of: slot)
        let layout = map.trailer
        let erased = map.geometry.erasedValue
        flash.overwrite(
            at: area.offset + layout.firstSectorOffset,
            [UInt8](repeating: erased, count: Int(area.sizeBytes - layout.firstSectorOffset))
        )
        func byte(_ flag: TrailerFlag) -> UInt8 {
            switch flag {
            case .set: 0x01
            case .unset: erased
            case .bad: 0x41
            }
        }
        flash.overwrite(at: area.offset + layout.imageOKOffset, [byte(trailer.imageOK)])
        flash.overwrite(at: area.offset + layout.copyDoneOffset, [byte(trailer.copyDone)])
        flash.overwrite(at: area.offset + layout.swapInfoOffset, [trailer.swapInfo ?? erased])
        if let size = trailer.swapSizeBytes {
            flash.overwrite(
                at: area.offset + layout.swapSizeOffset,
                (0..<4).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
            )
        }
        switch trailer.magic {
        case .unset: break
        case .good: flash.overwrite(at: area.offset + layout.magicOffset, magic ?? Self.magic(layout))
        case .bad: flash.overwrite(at: area.offset + layout.magicOffset, Array("not the magic ..".utf8))
        }
    }

    static func magic(_ layout: TrailerLayout) -> [UInt8] {
        layout.fieldSizeBytes == 8
            ? [0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F, 0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80]
            : [
                UInt8(layout.fieldSizeBytes & 0xFF), UInt8(layout.fieldSizeBytes >> 8), 0x2D, 0xE1, 0x5D, 0x29, 0x41,
                0x0B, 0x8D, 0x77, 0x67, 0x9C, 0x11, 0x0F, 0x1F, 0x8A,
            ]
    }
}

/// Small flashes on which a swap has few operations, of every kind that matters.
enum TestGeometry: String, CaseIterable, Sendable {
    /// Words of 4 bytes, as nRF52.
    case words
    /// Double words of 8 bytes that can be written once, as STM32L4.
    case writeOnce
    /// Pages of 32 bytes, more than the trailer's fields of 8: another magic.
    case pages
    /// Erased to 0x00, as STM32L1.
    case zeroErased
    /// The trailer needs two sectors.
    case longTrailer

    func map() throws -> FlashMap {
        let geometry: FlashGeometry =
            switch self {
            case .words: try FlashGeometry(sectorCount: 22, sectorSizeBytes: 512, writeAlignmentBytes: 4)
            case .writeOnce: try FlashGeometry(sectorCount: 20, sectorSizeBytes: 512, writeAlignmentBytes: 8)
            case .pages: try FlashGeometry(sectorCount: 20, sectorSizeBytes: 1024, writeAlignmentBytes: 32)
            case .zeroErased:
                try FlashGeometry(
                    sectorCount: 22,
                    sectorSizeBytes: 512,
                    writeAlignmentBytes: 4,
                    erasedValue: 0x00
                )
            case .longTrailer: try FlashGeometry(sectorCount: 28, sectorSizeBytes: 256, writeAlignmentBytes: 16)
            }
        return try FlashMap(standardFor: geometry)
    }

    var isWriteOnce: Bool { self == .writeOnce }

    func device() throws -> Device {
        try Device(map(), isWriteOnce: isWriteOnce)
    }
}
