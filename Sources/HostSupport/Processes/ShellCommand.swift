import Glibc

/// A command of the operator's, run by `/bin/sh`.
package struct ShellCommand: Sendable {
    /// How it ended.
    package enum End: Equatable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
        /// It took too long, and was killed with all that it had started.
        case timedOut
        /// Why it was not started, in words.
        case notStarted(String)
    }

    private let text: String

    /// - Parameter text: as a shell takes it.
    package init(_ text: String) {
        self.text = text
    }

    /// Runs it with this process's streams.
    ///
    /// - Parameters:
    ///   - environment: in addition to this process's own.
    ///   - timeout: after it the command is killed.
    /// - Returns: how it ended.
    package func run(environment: [(name: String, value: String)] = [], timeout: Duration) -> End {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that what it starts ends with it; and signals as a new program expects them.
        var (none, defaults) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: Int(flags)))

        var arguments: [UnsafeMutablePointer<CChar>?] = ["sh", "-c", text].map { (word: String) in strdup(word) }
        arguments.append(nil)
        var variables = Self.variables(adding: environment)
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, "/bin/sh", nil, &attributes, &arguments, &variables)
        guard code == 0 else { return .notStarted(FileFailure.reason(code)) }
        return Self.wait(for: process, until: Uptime.now + timeout)
    }

    private static func variables(
        adding environment: [(name: String, value: String)]
    ) -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.name)=\($0.value)") }
        var next = environ
        while let entry = next.pointee {
            variables.append(strdup(entry))
            next += 1
        }
        variables.append(nil)
        return variables
    }

    private static func wait(for process: pid_t, until deadline: Duration) -> End {
        var status: Int32 = 0
        var hasTimedOut = false
        while true {
            let ended = waitpid(process, &status, hasTimedOut ? 0 : WNOHANG)
            if ended == process { break }
            if ended < 0, errno != EINTR { return .notStarted(FileFailure.reason(errno)) }
            guard ended == 0 else { continue }
            if Uptime.now >= deadline {
                kill(-process, SIGKILL)
                hasTimedOut = true
            } else {
                poll(nil, 0, 20)
            }
        }
        if hasTimedOut { return .timedOut }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }
}
