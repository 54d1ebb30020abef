/// A NOR flash: erased by whole sectors to one value, programmed once per write unit between erases.
///
/// The contract that boot and journal code rests on, and all of it:
/// - `erase` sets every byte of a sector to the erased value; `program` writes units that are erased. Nothing else
///   changes contents.
/// - An operation that returns has happened for good. Operations happen in the order in which they are called.
/// - A power cut happens before, inside or after an operation. Inside a `program` any of the bits to be written may
///   be missing, inside an `erase` any of the bits to be erased may be left; only of the bytes of that operation.
public protocol NORFlash: ~Copyable {
    /// Sectors, write unit and erased value; always the same.
    var geometry: FlashGeometry { get }

    /// Fills `into` with the bytes from `address` on.
    ///
    /// - Parameters:
    ///   - address: bytes from the start of the flash; any alignment.
    ///   - buffer: as many bytes as are wanted.
    /// - Throws: `outOfRange`, `powerLost`, `io`.
    mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError)

    /// Programs `bytes` into erased flash.
    ///
    /// - Parameters:
    ///   - address: a multiple of the write alignment.
    ///   - bytes: a multiple of the write alignment long.
    /// - Throws: `outOfRange`, `misaligned`, `notErased`, `powerLost`, `io`. Nothing is changed for the first three.
    mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError)

    /// Erases one sector.
    ///
    /// - Parameter address: the address of the sector's first byte.
    /// - Throws: `outOfRange`, `misaligned` for an address that starts no sector, `powerLost`, `io`.
    mutating func erase(sectorAt address: UInt32) throws(FlashError)
}

/// Why a flash operation was not done.
public enum FlashError: Error, Equatable, Sendable {
    /// Past the end of the flash.
    case outOfRange(address: UInt32)
    /// Address or length is no multiple of the write unit, or the address starts no sector.
    case misaligned(address: UInt32)
    /// A byte to be programmed is not erased; its address.
    case notErased(address: UInt32)
    /// The power failed during this operation or an earlier one.
    case powerLost
    /// The device failed; the number is the driver's own (an `errno` for a file).
    case io(Int32)
}
