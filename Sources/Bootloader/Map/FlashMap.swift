import Flash

/// Where things are in a flash.
///
/// ```
/// trust      product, trusted keys, security counter; two copies, one per half            2 sectors or more
/// journal    download progress; two banks of two sectors or more                           4 sectors or more
/// primary    the image that runs, and its trailer                                          ┐ equal sectors,
/// secondary  the image to run next or the one that ran before, and its trailer             ┘ equal lengths
/// ```
/// The slots are what swap using move needs (MCUboot `docs/design.md`, "Swap using move"): sector `i` of one goes to
/// sector `i` or `i + 1` of the other, so all have one size.
public struct FlashMap: Equatable, Sendable {
    /// The sectors of the whole flash.
    public let geometry: FlashGeometry
    /// Where the trust record is.
    public let trust: FlashArea
    /// Where the client's journal is.
    public let journal: FlashArea
    /// The slot whose image runs.
    public let primary: FlashArea
    /// The slot for the candidate, then the previous image.
    public let secondary: FlashArea

    /// The size of each sector of both slots.
    public let slotSectorSizeBytes: UInt32
    /// How many sectors a slot has.
    public let slotSectorCount: UInt32
    /// Where the fields of a slot's trailer are.
    public let trailer: TrailerLayout

    /// The trust area's least number of sectors: one per copy.
    public static let minimumTrustSectors: UInt32 = 2
    /// The journal's least number of sectors: two banks of two.
    public static let minimumJournalSectors: UInt32 = 4

    /// Checks and takes areas.
    ///
    /// - Throws: `FlashMapError`, which names the area.
    public init(
        geometry: FlashGeometry,
        trust: FlashArea,
        journal: FlashArea,
        primary: FlashArea,
        secondary: FlashArea
    ) throws(FlashMapError) {
        let named: InlineArray<4, (FlashAreaName, FlashArea)> = [
            (.trust, trust), (.journal, journal), (.primary, primary), (.secondary, secondary),
        ]
        for index in 0..<4 {
            let (name, area) = named[index]
            guard area.end <= UInt64(geometry.totalBytes) else { throw .outOfRange(name) }
            guard area.sizeBytes > 0, geometry.isSectorBoundary(area.offset),
                geometry.isSectorBoundary(area.offset + area.sizeBytes)
            else { throw .notSectorAligned(name) }
            for other in 0..<index where named[other].1.overlaps(area) {
                throw .overlap(named[other].0, name)
            }
        }
        try Self.checkSectorCount(geometry, trust, .trust, minimum: Self.minimumTrustSectors)
        try Self.checkSectorCount(geometry, journal, .journal, minimum: Self.minimumJournalSectors)

        guard primary.sizeBytes == secondary.sizeBytes,
            let sectorSizeBytes = Self.sectorSize(geometry, of: primary),
            sectorSizeBytes == Self.sectorSize(geometry, of: secondary)
        else { throw .slotsDiffer }
        let sectorCount = primary.sizeBytes / sectorSizeBytes
        guard
            let trailer = TrailerLayout(
                slotSizeBytes: primary.sizeBytes,
                sectorSizeBytes: sectorSizeBytes,
                writeAlignmentBytes: geometry.writeAlignmentBytes
            )
        else { throw .slotTooSmall }

        self.geometry = geometry
        self.trust = trust
        self.journal = journal
        self.primary = primary
        self.secondary = secondary
        slotSectorSizeBytes = sectorSizeBytes
        slotSectorCount = sectorCount
        self.trailer = trailer
    }

    /// The longest image, TLVs included, that can be installed: the slot without the trailer's sectors and without the
    /// spare sector that moving up needs (MCUboot `swap_move.c`, `app_max_size`).
    public var maximumImageSizeBytes: UInt32 {
        trailer.firstSectorOffset - slotSectorSizeBytes
    }

    /// The area of a slot.
    public func area(of slot: Slot) -> FlashArea {
        switch slot {
        case .primary: primary
        case .secondary: secondary
        }
    }

    /// The area of a name.
    public func area(named name: FlashAreaName) -> FlashArea {
        switch name {
        case .trust: trust
        case .journal: journal
        case .primary: primary
        case .secondary: secondary
        }
    }

    private static func checkSectorCount(
        _ geometry: FlashGeometry,
        _ area: FlashArea,
        _ name: FlashAreaName,
        minimum: UInt32
    ) throws(FlashMapError) {
        guard let first = geometry.sector(containing: area.offset),
            let last = geometry.sector(containing: area.offset + area.sizeBytes - 1),
            last.index - first.index + 1 >= minimum
        else { throw .tooFewSectors(name, minimum: minimum) }
    }

    /// The size of the sectors of an area if all have one size.
    private static func sectorSize(_ geometry: FlashGeometry, of area: FlashArea) -> UInt32? {
        guard let first = geometry.sector(containing: area.offset) else { return nil }
        var address = area.offset
        while UInt64(address) < area.end {
            guard let sector = geometry.sector(containing: address), sector.sizeBytes == first.sizeBytes else {
                return nil
            }
            address = sector.end
        }
        return first.sizeBytes
    }
}

/// One of the two places for an image.
public enum Slot: CaseIterable, Sendable {
    /// The image that runs.
    case primary
    /// The image that was downloaded, or that ran before.
    case secondary
}
