import Glibc

/// Lines to the person, and to the program that asked for JSON.
enum Output {
    static func line(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// A line beside the result: standard error, so that the result can be piped.
    static func note(_ text: String) {
        write("coap-fw-tool: note: \(text)\n", to: STDERR_FILENO)
    }

    static func error(_ text: String) {
        write("coap-fw-tool: \(text)\n", to: STDERR_FILENO)
    }

    /// Unbuffered: both streams may go to one place, and stay in order there.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
