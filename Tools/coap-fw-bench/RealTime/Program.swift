import Foundation

/// A program that a benchmark starts; it ends with the value at the latest.
final class Program {
    struct End {
        var isSuccess: Bool
        var seconds: Double
        var output: Data
        /// The limit was reached first.
        var isTimedOut: Bool
    }

    private let process = Process()
    private let log: URL
    private let began = ContinuousClock.now
    let name: String

    /// - Parameters:
    ///   - program: its file.
    ///   - arguments: as they are.
    ///   - log: where standard output and standard error go.
    /// - Throws: ``BenchError`` if it cannot be started.
    init(_ program: URL, _ arguments: [String], log: URL) throws {
        name = program.lastPathComponent
        self.log = log
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw BenchError("\(program.path) is missing: run Tools/setup --tests and swift build -c release")
        }
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
    }

    deinit { kill() }

    var processID: Int32 { process.processIdentifier }

    var isRunning: Bool { process.isRunning }

    /// The address after `listening on SCHEME://` in its output.
    func listeningAddress() throws -> String { try listeningAddresses(1)[0] }

    /// The first `count` of them.
    func listeningAddresses(_ count: Int) throws -> [String] {
        for _ in 0..<600 {
            let text = String(decoding: (try? Data(contentsOf: log)) ?? Data(), as: UTF8.self)
            let addresses = text.split(separator: "\n").compactMap { line -> String? in
                guard let range = line.range(of: "listening on ") else { return nil }
                let address = line[range.upperBound...].split(separator: " ").first ?? ""
                return String(address.range(of: "://").map { address[$0.upperBound...] } ?? address)
            }
            if addresses.count >= count { return addresses }
            guard process.isRunning else { throw BenchError("\(name) ended: \(text)") }
            usleep(50_000)
        }
        throw BenchError("\(name) does not listen")
    }

    /// Waits for its end, or ends it.
    func end(within limit: Double) -> End {
        let deadline = ContinuousClock.now + .seconds(limit)
        var isTimedOut = false
        while process.isRunning {
            if ContinuousClock.now >= deadline {
                isTimedOut = true
                kill()
            }
            usleep(2_000)
        }
        return End(
            isSuccess: !isTimedOut && process.terminationReason == .exit && process.terminationStatus == 0,
            seconds: (ContinuousClock.now - began).inSeconds,
            output: (try? Data(contentsOf: log)) ?? Data(),
            isTimedOut: isTimedOut
        )
    }

    /// Ends it at once.
    func kill() {
        guard process.isRunning else { return }
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// Why a benchmark could not be run.
struct BenchError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
