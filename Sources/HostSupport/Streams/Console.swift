import Glibc

/// Lines to the person and to the script that run a program.
package enum Console {
    /// The program's name, as it was called.
    package static let program = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "coap-fw"

    /// A line of the result, to standard output at once. If it cannot be written (a closed pipe, a full disk), the
    /// program ends: nobody has the result.
    ///
    /// - Parameters:
    ///   - line: Without its end.
    ///   - failure: What the command fails with already, if it does; it has been reported.
    ///   - advice: What to do when the line is lost.
    package static func say(
        _ line: String,
        failing failure: Failure? = nil,
        ifLost advice: String = "what was asked for may be done all the same"
    ) {
        guard let reason = StandardStreams.write(line + "\n", to: STDOUT_FILENO) else { return }
        if failure == nil { report("standard output: \(reason); \(advice)") }
        exit((failure?.status ?? .inputOutput).rawValue)
    }

    /// What a command has to say: one JSON object, or lines for a person.
    package static func answer(json: Bool, _ object: @autoclosure () -> JSONObject, _ lines: String...) {
        say(json ? object().text : lines.joined(separator: "\n"))
    }

    /// What went wrong, to standard error.
    package static func report(_ line: String) {
        _ = StandardStreams.write("\(program): \(line)\n", to: STDERR_FILENO)
    }

    /// A line beside the result: to standard error, so that the result can be piped.
    package static func note(_ line: String) {
        report("note: \(line)")
    }

    /// Whether a person watches standard error.
    package static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Columns of the terminal on standard error; nil: it does not tell.
    package static var columns: Int? {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Replaces the terminal's last line.
    package static func progress(_ line: String) {
        _ = StandardStreams.write("\r\u{1B}[K\(line)", to: STDERR_FILENO)
    }

    /// Does a command's work. A ``Failure`` is reported, with `json` as an object too, and ends the program with its
    /// exit code; other errors are rethrown.
    package static func run(json: Bool = false, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as Failure {
            // First the line for a person: if standard output is lost, that ends the program.
            report(failure.message)
            if json {
                let object: JSONObject = ["result": "failed", "error": JSONValue(failure.message)]
                say(object.text, failing: failure)
            }
            exit(failure.status.rawValue)
        }
    }
}
