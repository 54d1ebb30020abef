import Foundation
import Testing

/// What a run of the tool left behind.
struct ToolResult {
    let status: Int32
    /// False: by a signal, which `status` then is.
    var exited = true
    let output: String
    let errors: String

    var lines: [Substring] { output.split(separator: "\n") }

    /// The one JSON object of the output.
    func json() throws -> [String: Any] {
        #expect(lines.count == 1, "\(output)")
        return try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}

/// A folder to run `coap-fw-tool` in; it goes with the value.
final class Workshop {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("fw-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A program of this package: in `COAP_FW_BIN`, or beside the test bundle.
    static func program(_ name: String) throws -> URL {
        let folder: URL
        if let given = ProcessInfo.processInfo.environment["COAP_FW_BIN"] {
            folder = URL(fileURLWithPath: given)
        } else {
            folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        }
        let program = folder.appendingPathComponent(name)
        try #require(
            FileManager.default.isExecutableFile(atPath: program.path),
            "\(program.path) is not there: run swift build, or set COAP_FW_BIN"
        )
        return program
    }

    /// Runs the tool here.
    @discardableResult
    func tool(_ arguments: String...) throws -> ToolResult {
        try run(arguments)
    }

    /// Runs the client here.
    @discardableResult
    func client(_ arguments: String...) throws -> ToolResult {
        try run(arguments, of: "coap-fw-client")
    }

    /// Runs a program here.
    ///
    /// - Parameters:
    ///   - arguments: its arguments.
    ///   - program: one of this package.
    ///   - wrapper: a program of the system and its arguments that starts it.
    ///   - delay: after it the program is killed; nil: it is let end, which it must within a minute.
    /// - Returns: what it left behind.
    /// - Throws: what the system says if it cannot be started.
    func run(
        _ arguments: [String],
        of program: String = "coap-fw-tool",
        under wrapper: [String] = [],
        killedAfter delay: Duration? = nil
    ) throws -> ToolResult {
        let process = Process()
        let command = wrapper + [try Workshop.program(program).path] + arguments
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.standardInput = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        // To files and not to pipes, which could fill up.
        let output = try capture("output")
        let errors = try capture("errors")
        process.standardOutput = output.handle
        process.standardError = errors.handle
        try process.run()
        let nanoseconds = delay.map { Int($0 / .nanoseconds(1)) } ?? 60_000_000_000
        if ended.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            ended.wait()
            if delay == nil { Issue.record("\(command.joined(separator: " ")): does not end") }
        }
        return ToolResult(
            status: process.terminationStatus,
            exited: process.terminationReason == .exit,
            output: try String(contentsOfFile: output.path, encoding: .utf8),
            errors: try String(contentsOfFile: errors.path, encoding: .utf8)
        )
    }

    /// A file for what a program prints.
    func capture(_ name: String) throws -> (path: String, handle: FileHandle) {
        let file = "\(path)/.\(name)-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        return (file, try #require(FileHandle(forWritingAtPath: file)))
    }

    func write(_ bytes: [UInt8], to name: String, mode: Int = 0o644) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(path)/\(name)")
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    func mode(of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/\(name)")
    }

    /// A workshop with a key (`signing`), a binary (`app.bin`) and a release of product 7, version 1.0.0.
    static func withRelease() throws -> Workshop {
        let workshop = try Workshop()
        try workshop.write((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }, to: "app.bin")
        try #require(try workshop.tool("key", "generate", "signing").status == 0)
        let released = try workshop.release("1.0.0")
        try #require(released.status == 0, "\(released.errors)")
        return workshop
    }

    @discardableResult
    func release(_ version: String, _ more: String...) throws -> ToolResult {
        let required = ["release", "--pid", "7", "--version", version, "--binary", "app.bin", "--key", "signing"]
        return try run(required + ["--images", "Images"] + more)
    }
}
