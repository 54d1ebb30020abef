import Flash

/// The areas of a flash map.
public enum FlashAreaName: CaseIterable, Sendable {
    case trust, journal, primary, secondary
}

/// Why areas do not make a flash map.
public enum FlashMapError: Error, Equatable, Sendable {
    /// The geometry itself is none.
    case geometry(FlashGeometryError)
    /// Past the end of the flash.
    case outOfRange(FlashAreaName)
    /// Does not start and end on sector boundaries, or is empty.
    case notSectorAligned(FlashAreaName)
    /// Two areas share bytes.
    case overlap(FlashAreaName, FlashAreaName)
    /// Fewer sectors than the area needs.
    case tooFewSectors(FlashAreaName, minimum: UInt32)
    /// The sectors of the slots are not all of one size, or the slots not of equal length: images could not be swapped.
    case slotsDiffer
    /// No room for an image beside the trailer and the spare sector of the swap.
    case slotTooSmall
}
