import ArgumentParser
import Glibc

/// Lines for people and for scripts.
enum Console {
    /// To standard output.
    static func say(_ line: String) {
        write(STDOUT_FILENO, line + "\n")
    }

    /// To standard error.
    static func report(_ line: String) {
        write(STDERR_FILENO, "coap-fw-client: \(line)\n")
    }

    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Replaces the terminal's last line.
    static func progress(_ line: String) {
        write(STDERR_FILENO, "\r\u{1B}[K\(line)")
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
                say(object.text)
            }
            report(error.message)
            throw error.exitCode
        }
    }

    private static func write(_ descriptor: Int32, _ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
