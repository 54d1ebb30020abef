/// Marks that make sure of a field which a power cut may have left in doubt.
///
/// A field whose writing was cut short can read one way now and another way at the next boot. Nothing that is read
/// tells. So who reads a field and is about to rely on it (by erasing what else would tell, or by running an image)
/// writes a witness first: that operation returns, and from then on field or witness says so for good. A cut in the
/// witness leaves both in doubt, but then nothing has relied on them yet. What an application runs by has two
/// witnesses, so that two cuts in a row leave one mark that is sure.
///
/// A witness counts as soon as it does not read erased, whatever it holds.
enum TrailerWitness: UInt32 {
    /// The request in the secondary slot is for a test: see `BootStep`, point 3.
    case test = 0
    case testAgain
    case copiedAgain
    case wholeAgain
    /// The magic is written, and all before it.
    case whole
    /// copy_done is written.
    case copied
    /// image_ok is written in the primary slot.
    case confirmed
    case confirmedAgain

    static var count: UInt32 { 8 }
}
