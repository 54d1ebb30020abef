import Foundation

/// A program that a test started: its output as it comes, its end, and no trace of it afterwards.
///
/// Every wait has a limit. Nothing is polled: output and end wake whoever waits.
final class RunningProgram: @unchecked Sendable {
    /// What came out, and how it ended.
    struct Result: Sendable, CustomStringConvertible {
        var status: Int32
        /// False: by a signal, which `status` then is.
        var exited: Bool
        var output: Data
        var errors: Data

        var text: String { String(decoding: output, as: UTF8.self) }
        var errorText: String { String(decoding: errors, as: UTF8.self) }
        var succeeded: Bool { exited && status == 0 }
        var description: String { "\(exited ? "status" : "signal") \(status): \(text)\(errorText)" }
    }

    let name: String
    private let process = Process()
    private let pipes: [Pipe]
    // All below is guarded by `condition`.
    private let condition = NSCondition()
    private var received: [Data] = [Data(), Data()]
    private var openPipes = 2
    private var hasEnded = false
    /// A process identifier of 0 would be the test's own group.
    private var hasStarted = false

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: Its file.
    ///   - arguments: As they are.
    ///   - directory: Where it runs; nil: where the test runs.
    ///   - environment: In place of or beside what the test has.
    /// - Throws: What the system says if it cannot be started.
    init(_ program: URL, _ arguments: [String], in directory: URL? = nil, environment: [String: String] = [:]) throws {
        name = program.lastPathComponent
        pipes = [Pipe(), Pipe()]
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipes[0]
        process.standardError = pipes[1]
        process.terminationHandler = { [weak self] _ in self?.end() }
        try process.run()
        hasStarted = true
        // A thread for each: a blocking read ends with the program, and no event can be missed.
        for (index, pipe) in pipes.enumerated() {
            let handle = pipe.fileHandleForReading
            Thread.detachNewThread { [weak self] in
                while true {
                    let data = handle.availableData
                    self?.take(data, index)
                    if data.isEmpty { return }
                }
            }
        }
    }

    deinit {
        kill()
    }

    private func take(_ data: Data, _ index: Int) {
        condition.withLock {
            received[index].append(data)
            if data.isEmpty { openPipes -= 1 }
            condition.broadcast()
        }
    }

    private func end() {
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }

    var processID: Int32 { process.processIdentifier }

    /// Standard output and standard error so far.
    var log: String {
        condition.withLock { received.map { String(decoding: $0, as: UTF8.self) }.joined() }
    }

    /// The first line of either output that has `text` in it.
    func line(containing text: String, within seconds: Double = 60) throws -> String {
        let line: String? = wait(seconds) { ended -> String? in
            for data in received {
                let lines = String(decoding: data, as: UTF8.self).split(
                    separator: "\n",
                    omittingEmptySubsequences: false
                )
                // The last piece is not yet a whole line.
                if let line = lines.dropLast().first(where: { $0.contains(text) }) { return String(line) }
            }
            return ended ? "" : nil
        }
        guard let line, !line.isEmpty else {
            throw ProgramError("\(name) did not print a line with “\(text)” within \(seconds) s:\n\(log)")
        }
        return line
    }

    /// The port in the line that says `listening on SCHEME://…:PORT`.
    func listeningPort(_ scheme: String = "", within seconds: Double = 60) throws -> Int {
        let line = try line(containing: "listening on \(scheme)", within: seconds)
        guard let digits = line.split(separator: ":").last, let port = Int(digits.prefix(while: \.isNumber)) else {
            throw ProgramError("\(name) names no port: \(line)")
        }
        return port
    }

    /// Whether it ends by itself within that time.
    func ends(within seconds: Double) -> Bool {
        wait(seconds) { $0 ? true : nil } ?? false
    }

    /// Waits for its end.
    func result(within seconds: Double) throws -> Result {
        let result: Result? = wait(seconds) { ended -> Result? in
            guard ended else { return nil }
            return Result(
                status: process.terminationStatus,
                exited: process.terminationReason == .exit,
                output: received[0],
                errors: received[1]
            )
        }
        guard let result else {
            let log = log
            kill()
            throw ProgramError("\(name) did not end within \(seconds) s:\n\(log)")
        }
        return result
    }

    func send(signal number: Int32) {
        condition.withLock {
            guard hasStarted, !hasEnded, process.processIdentifier > 0 else { return }
            _ = Foundation.kill(process.processIdentifier, number)
        }
    }

    /// Ends it at once.
    func kill() {
        send(signal: SIGKILL)
    }

    /// Waits until `value` gives something; it is asked after every change, with whether the program has ended and
    /// all its output is there.
    private func wait<Value>(_ seconds: Double, for value: (Bool) -> Value?) -> Value? {
        let limit = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = value(hasEnded && openPipes == 0) { return value }
            guard condition.wait(until: limit) else { return value(hasEnded) }
        }
    }

    /// Runs a program to its end.
    static func run(
        _ program: URL,
        _ arguments: [String],
        in directory: URL? = nil,
        environment: [String: String] = [:],
        within seconds: Double = 180
    ) throws -> Result {
        try RunningProgram(program, arguments, in: directory, environment: environment).result(within: seconds)
    }
}

/// Why a test could not go on, in words.
struct ProgramError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
