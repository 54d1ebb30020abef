import Bootloader
import Flash

/// Why the journal cannot keep a download's progress.
public enum JournalError: Error, Equatable, Sendable {
    /// The journal area has not two banks with room for the image's marks.
    case areaTooSmall
    case flash(FlashError)
}
