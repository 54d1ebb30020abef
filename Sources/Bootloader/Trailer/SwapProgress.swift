import Flash

/// How far a swap got, from the status records of the primary slot.
enum SwapProgress: Equatable {
    /// So many sectors were moved up by one, the last of the image first.
    case moved(sectors: UInt32)
    /// All sectors are moved up, and so many halves of sector swaps are done: two per sector, the first sector first.
    case swapped(halves: UInt32)

    /// One step further; `nil` after the last.
    func next(imageSectors: UInt32) -> SwapProgress? {
        switch self {
        case .moved(let sectors) where sectors < imageSectors: .moved(sectors: sectors + 1)
        case .moved: .swapped(halves: 1)
        case .swapped(let halves): halves < 2 * imageSectors ? .swapped(halves: halves + 1) : nil
        }
    }

    /// One step back; `nil` before the first.
    func previous(imageSectors: UInt32) -> SwapProgress? {
        switch self {
        case .moved(let sectors): sectors > 0 ? .moved(sectors: sectors - 1) : nil
        case .swapped(let halves): halves > 1 ? .swapped(halves: halves - 1) : .moved(sectors: imageSectors)
        }
    }

    /// Reads the records.
    ///
    /// The last record written tells; one that was cut short counts as written, as what it stands for was done before
    /// it was begun (MCUboot `swap_move.c`, `swap_read_status_bytes`).
    ///
    /// - Parameters:
    ///   - imageSectors: how many sectors the swap covers.
    ///   - flash: where the records are.
    ///   - map: where they are in it.
    /// - Returns: `nil` if a record is written that such a swap has not: this is no swap's status.
    /// - Throws: what reading throws.
    static func read<Flash: NORFlash & ~Copyable>(
        imageSectors: UInt32,
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> SwapProgress? {
        let layout = map.trailer
        let base = map.primary.offset + layout.statusOffset
        var last: UInt32?
        var record = 3 * layout.sectorCapacity
        while record > 0, last == nil {
            record -= 1
            if try flash.readByte(at: base + record * layout.recordSizeBytes) != map.geometry.erasedValue {
                last = record
            }
        }
        guard let last else { return .moved(sectors: 0) }
        if last < layout.sectorCapacity {
            return last < imageSectors ? .moved(sectors: last + 1) : nil
        }
        let halves = last - layout.sectorCapacity + 1
        return halves <= 2 * imageSectors ? .swapped(halves: halves) : nil
    }
}
