import Glibc
import HostSupport

/// Lines to the person, and to the program that asked for JSON.
enum Output {
    /// A line of the result. If it cannot be printed (a closed pipe, a full disk), the program ends: whoever waits for the
    /// result does not have it.
    ///
    /// - Parameters:
    ///   - text: without its end.
    ///   - status: what the command fails with already, if it does.
    static func line(_ text: String, failing status: ExitStatus? = nil) {
        guard let reason = StandardStreams.write(text + "\n", to: STDOUT_FILENO) else { return }
        error("standard output: \(reason); what was asked for may be done all the same")
        exit((status ?? .inputOutput).rawValue)
    }

    /// A line beside the result: standard error, so that the result can be piped.
    static func note(_ text: String) {
        _ = StandardStreams.write("coap-fw-tool: note: \(text)\n", to: STDERR_FILENO)
    }

    static func error(_ text: String) {
        _ = StandardStreams.write("coap-fw-tool: \(text)\n", to: STDERR_FILENO)
    }
}
