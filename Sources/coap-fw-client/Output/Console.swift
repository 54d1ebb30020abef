import ArgumentParser
import Glibc
import HostSupport

/// Lines for people and for scripts.
enum Console {
    /// To standard output. If that fails (a closed pipe, a full disk), the program ends: whoever waits for the result does
    /// not have it.
    ///
    /// - Parameters:
    ///   - line: without its end.
    ///   - failure: what the command fails with already, if it does.
    static func say(_ line: String, failing failure: Failure? = nil) {
        guard let reason = StandardStreams.write(line + "\n", to: STDOUT_FILENO) else { return }
        let lost = "standard output: \(reason); what was asked for may be done all the same"
        report(failure?.message ?? lost)
        exit(failure?.kind.rawValue ?? 74)
    }

    /// To standard error.
    static func report(_ line: String) {
        _ = StandardStreams.write("coap-fw-client: \(line)\n", to: STDERR_FILENO)
    }

    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Replaces the terminal's last line.
    static func progress(_ line: String) {
        _ = StandardStreams.write("\r\u{1B}[K\(line)", to: STDERR_FILENO)
    }

    /// Does a command's work; what it throws is reported and becomes the exit code.
    static func run(json: Bool, _ body: () throws(Failure) -> Void) throws {
        do {
            try body()
        } catch {
            if json {
                var object = JSONObject()
                object.set("result", "failed")
                object.set("error", error.message)
                say(object.text, failing: error)
            }
            report(error.message)
            throw error.exitCode
        }
    }
}
