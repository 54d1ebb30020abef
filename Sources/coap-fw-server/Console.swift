import Glibc
import HostSupport

/// Lines for people and for scripts.
enum Console {
    /// To standard output, at once. If that fails (a closed pipe, a full disk), the program ends: whoever waits for the line
    /// does not have it.
    static func announce(_ line: String) {
        guard let reason = StandardStreams.write(line + "\n", to: STDOUT_FILENO) else { return }
        report("standard output: \(reason); give it somewhere to go, or /dev/null")
        exit(74)
    }

    /// To standard error, with the command's name.
    static func report(_ line: String) {
        _ = StandardStreams.write("coap-fw-server: \(line)\n", to: STDERR_FILENO)
    }
}
