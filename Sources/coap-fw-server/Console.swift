import Glibc

/// Lines for people and for scripts.
enum Console {
    /// To standard output, at once.
    static func announce(_ line: String) {
        write(STDOUT_FILENO, line)
    }

    /// To standard error, with the command's name.
    static func report(_ line: String) {
        write(STDERR_FILENO, "coap-fw-server: " + line)
    }

    private static func write(_ descriptor: Int32, _ line: String) {
        var text = Array((line + "\n").utf8)[...]
        while !text.isEmpty {
            let written = text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            text = text.dropFirst(written)
        }
    }
}
