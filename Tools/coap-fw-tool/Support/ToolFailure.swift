import ArgumentParser
import Glibc
import HostSupport

/// Why a command ends without having done its work: one line and an exit code (`sysexits.h`).
struct ToolFailure: Error {
    let message: String
    let code: ExitStatus

    init(_ code: ExitStatus, _ message: String) {
        self.message = message
        self.code = code
    }

    init(_ failure: FileFailure) {
        self.init(ExitStatus(errno: failure.code), "\(failure); \(failure.advice)")
    }
}

/// Exit codes, as in `sysexits.h`.
enum ExitStatus: Int32 {
    case usage = 64
    case refusedData = 65
    case noInput = 66
    case unavailable = 69
    case cannotCreate = 73
    case inputOutput = 74
    case protocolError = 76
    case notPermitted = 77
    case configuration = 78

    /// The code for a failed system call on a file.
    init(errno code: Int32) {
        switch code {
        case ENOENT, ENOTDIR, EISDIR: self = .noInput
        case EEXIST: self = .cannotCreate
        case EACCES, EPERM: self = .notPermitted
        default: self = .inputOutput
        }
    }
}

extension ParsableCommand {
    /// Runs the body of a command and turns its failure into a line on standard error and an exit code, with `json` also
    /// into the object that the client prints for its failures.
    func reporting(json: Bool = false, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as ToolFailure {
            // First the line for a person: if standard output is lost, that ends the program.
            Output.error(failure.message)
            if json {
                let object = JSONValue.object([("result", .string("failed")), ("error", .string(failure.message))])
                Output.line(object.text, failing: failure.code)
            }
            throw ExitCode(failure.code.rawValue)
        }
    }
}
