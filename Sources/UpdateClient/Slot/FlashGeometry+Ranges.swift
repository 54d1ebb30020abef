import Bootloader
import Flash

extension FlashGeometry {
    /// The addresses of the sector that holds `address`; nil past the end.
    func sectorRange(containing address: UInt32) -> Range<UInt32>? {
        guard let sector = sector(containing: address) else { return nil }
        return sector.address..<sector.end
    }

    /// The number of the sector that holds `address`; nil past the end.
    func sectorIndex(containing address: UInt32) -> Int? {
        guard let sector = sector(containing: address) else { return nil }
        return Int(sector.index)
    }
}
