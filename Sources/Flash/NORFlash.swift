/// A NOR flash: erased by whole sectors to one value, programmed once per write unit between erases.
///
/// The contract, and the fault model that all code above it rests on. There is no other:
/// - `erase` sets every byte of a sector to the erased value; `program` writes units that are erased. Nothing else
///   changes contents. Operations happen in the order of the calls, and one that returned has happened for good: its
///   units are *sure*.
/// - *Torn program*: the power fails inside it. Each unit that it was to write is *in doubt*: old, new, or any mixture
///   of their bits. Other units are as they were.
/// - *Torn erase*: each unit of that sector is in doubt. NOR parts program a sector to zero before they erase it (data
///   sheets call it preprogramming), so that also bits which were erased may be programmed, in a blank sector too.
/// - *Unstable bits*: a unit in doubt may give another answer to every read (linux-mtd, UBIFS, "unstable bits"; Tseng,
///   Grupp, Swanson, "Understanding the impact of power loss on flash memory", DAC 2011). That it reads right proves
///   nothing, how ever often; only an operation that returns makes it sure.
/// - *Unreadable units*: where a part has ECC, a unit in doubt may fail to read, with `io` (STM32L4, RM0351, "Error
///   code correction": two wrong bits). So may a worn one.
/// - A unit in doubt stays in doubt until its sector is erased by an operation that returns. Programming one that reads
///   erased may be refused (`notErased`). If it returns, the bits that it programs are sure, and the unit does not read
///   erased any more: right, wrong or unreadable, but never erased. Nothing is known of the others.
/// - *Wrong read*: any read may be wrong once. The next one is right.
/// - *Read disturb, worn bits*: a bit may be wrong for good (Cai et al., "Read disturb errors in MLC NAND flash
///   memory", DSN 2015). Checksums, digests and second copies find it; a swap under way is not proof against it.
public protocol NORFlash: ~Copyable {
    /// Sectors, write unit and erased value; always the same.
    var geometry: FlashGeometry { get }

    /// Fills `into` with the bytes from `address` on.
    ///
    /// - Parameters:
    ///   - address: bytes from the start of the flash; any alignment.
    ///   - buffer: as many bytes as are wanted.
    /// - Throws: `outOfRange`, `powerLost`; `io`, if some unit cannot be read: what `buffer` holds then means nothing.
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

    /// Called before each step of what takes long: after at most 1 KiB that was hashed or copied, and before each erase
    /// of a swap (MCUboot's `MCUBOOT_WATCHDOG_FEED`). A driver feeds the device's watchdog here; without a word of it,
    /// nothing is done. Not within the cryptographic library: one signature is one step.
    mutating func feedWatchdog()
}

extension NORFlash where Self: ~Copyable {
    /// Does nothing.
    public mutating func feedWatchdog() {}
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
