/// Why a flash file could not be made or opened. The description is one line: what, which file, what to do.
public enum FlashFileError: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case exists(path: String)
    /// What was to be in it could not be written; who wrote it knows why.
    case notFilled(path: String)
    /// No directory to put it in.
    case noDirectory(path: String)
    case notAFlashFile(path: String)
    case version(path: String, found: UInt16)
    case damagedHeader(path: String)
    /// More than `FlashFile.maximumSectorCount`.
    case tooManySectors(path: String, UInt32)
    case wrongSize(path: String, expectedBytes: Int, foundBytes: Int)
    case locked(path: String)
    case noSpace(path: String)
    case readOnly(path: String)
    /// It may not be read.
    case unreadable(path: String)
    /// Any other failure of the operating system.
    case system(path: String, operation: String, code: Int32, message: String)

    /// One line for a person: what, which file, what to do.
    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): no such flash file; make one with: coap-fw-tool flash create --flash \(path)"
        case .exists(let path):
            "\(path): exists already; remove it or name another file"
        case .notFilled(let path):
            "\(path): it could not be filled; choose another geometry or place"
        case .noDirectory(let path):
            "\(path): its directory does not exist; make the directory first"
        case .notAFlashFile(let path):
            "\(path): not a flash file; name one that coap-fw-tool flash create made"
        case .version(let path, let found):
            "\(path): flash file version \(found), this program reads version \(FlashFileHeader.version); "
                + "use the program that made it or create it anew"
        case .damagedHeader(let path):
            "\(path): the header of the flash file is damaged; restore a copy or create it anew"
        case .tooManySectors(let path, let count):
            "\(path): \(count) sectors, a flash file has \(FlashFile.maximumSectorCount) at most; take larger sectors"
        case .wrongSize(let path, let expected, let found) where found < expected:
            "\(path): truncated, \(found) of \(expected) bytes; restore a copy or create it anew"
        case .wrongSize(let path, let expected, let found):
            "\(path): \(found) bytes where its header says \(expected); restore a copy or create it anew"
        case .locked(let path):
            "\(path): in use by another process; wait for it or stop it"
        case .noSpace(let path):
            "\(path): no space left on its disk; free some and try again"
        case .readOnly(let path):
            "\(path): not writable; change its permissions or copy it to where it is"
        case .unreadable(let path):
            "\(path): not readable; change its permissions or run this as its owner"
        case .system(let path, let operation, _, let message):
            "\(path): cannot \(operation): \(message.lowercased()); check its path and its disk"
        }
    }
}
