import Bootloader
import Flash

/// Why a block could not be put into the secondary slot.
enum StoreError: Error, Equatable {
    /// The block reaches past what the slot takes.
    case imageTooLarge
    /// The block is smaller than the flash's write alignment, or starts off it.
    case blockBelowWriteAlignment
    /// Flash that is marked as holding this block holds other bytes.
    case contradicted
    /// The sectors of these image bytes hold bytes of an interrupted write; they must be erased, which costs what was
    /// marked in them.
    case torn(Range<UInt32>)
    case flash(FlashError)
}
