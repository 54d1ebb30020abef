import Glibc

/// Exit codes of all programs, as in `sysexits.h`.
package enum ExitStatus: Int32, Sendable {
    case usage = 64
    case refusedData = 65
    case noInput = 66
    case unknownHost = 68
    case unavailable = 69
    case cannotCreate = 73
    case inputOutput = 74
    /// Nothing is lost; to be tried again.
    case interrupted = 75
    case protocolError = 76
    case notPermitted = 77
    case configuration = 78

    /// The code for a failed system call on a file.
    package init(errno code: Int32) {
        switch code {
        case ENOENT, ENOTDIR, EISDIR: self = .noInput
        case EEXIST: self = .cannotCreate
        case EACCES, EPERM: self = .notPermitted
        default: self = .inputOutput
        }
    }
}
