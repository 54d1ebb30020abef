import Bootloader
import Flash
import FlashEmulator
import UpdateClient

/// What a picture of a flash shows, read once. Nothing is verified: any content can be looked at.
struct FlashReading {
    let path: String
    let map: FlashMap
    let contents: [UInt8]
    let wear: [UInt32]
    /// Nil: the trailers cannot be read, which a file never shows.
    let slots: SlotState?
    let journal: JournalStatus?

    init(_ flash: inout FlashFile, path: String) {
        self.path = path
        map = flash.map
        contents = flash.contents
        wear = flash.wear
        slots = try? SlotControl(map: map).state(flash: &flash)
        journal = (try? JournalStatus.read(map: map, flash: &flash)) ?? nil
    }

    /// The sectors of an area.
    func sectors(of area: FlashArea) -> [FlashSector] {
        var sectors: [FlashSector] = []
        var address = area.offset
        while UInt64(address) < area.end, let sector = map.geometry.sector(containing: address) {
            sectors.append(sector)
            address = sector.end
        }
        return sectors
    }

    /// The stretches of a sector that are written, as offsets in it, in steps of a sixteenth of the sector or a write
    /// unit, whichever is more.
    func written(_ sector: FlashSector) -> [Range<UInt32>] {
        let step = max(sector.sizeBytes / 16, map.geometry.writeAlignmentBytes)
        var ranges: [Range<UInt32>] = []
        var offset: UInt32 = 0
        while offset < sector.sizeBytes {
            let end = min(offset + step, sector.sizeBytes)
            let bytes = contents[Int(sector.address + offset)..<Int(sector.address + end)]
            if bytes.contains(where: { $0 != map.geometry.erasedValue }) {
                if let last = ranges.last, last.upperBound == offset {
                    ranges[ranges.count - 1] = last.lowerBound..<end
                } else {
                    ranges.append(offset..<end)
                }
            }
            offset = end
        }
        return ranges
    }

    /// Status records of a swap that are written in a slot.
    func statusRecords(of slot: Slot) -> Int {
        let layout = map.trailer
        let start = Int(map.area(of: slot).offset + layout.statusOffset)
        return (0..<Int(3 * layout.sectorCapacity)).count {
            contents[start + $0 * Int(layout.recordSizeBytes)] != map.geometry.erasedValue
        }
    }
}
