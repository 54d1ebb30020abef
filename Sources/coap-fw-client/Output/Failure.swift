import ArgumentParser
import FlashEmulator
import Glibc

/// Why a command ends without success: one line for a person, and an exit code of sysexits.
struct Failure: Error, Equatable {
    enum Kind: Int32 {
        case refused = 65
        case unavailable = 69
        case interrupted = 75
        case notAuthorised = 77
        case configuration = 78
    }

    var kind: Kind
    /// What happened, where, and what to do next.
    var message: String

    static func configuration(_ message: String) -> Failure { Failure(kind: .configuration, message: message) }

    init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    init(_ error: FlashFileError) {
        if case .locked = error {
            self.init(kind: .interrupted, message: error.description)
        } else {
            self.init(kind: .configuration, message: error.description)
        }
    }

    var exitCode: ExitCode { ExitCode(kind.rawValue) }

    /// What the system says of the last call that failed.
    static func systemError(_ code: Int32 = errno) -> String {
        String(cString: strerror(code)).lowercased()
    }
}
