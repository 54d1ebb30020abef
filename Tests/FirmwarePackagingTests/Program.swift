import Foundation
import Testing

/// Programs that were not written here.
struct Program {
    let path: String

    /// `openssl`, from the search path.
    static let openssl = Program(path: "/usr/bin/openssl")

    /// imgtool, which `Tools/setup --tests` puts into `.venv` in the package's folder; `IMGTOOL` names another one.
    ///
    /// - Throws: when there is none. In CI (`CI` or `COAP_FW_BIN` is set) that is a failure; elsewhere the tests that
    ///   need it are reported as skipped.
    static var imgtool: Program? {
        let environment = ProcessInfo.processInfo.environment
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidates: [String?] = [environment["IMGTOOL"], root.appendingPathComponent(".venv/bin/imgtool").path]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
            .map { Program(path: $0) }
    }

    /// Whether tests with imgtool run: always where it must be there, so that its absence is seen.
    static var isImgtoolExpected: Bool {
        let environment = ProcessInfo.processInfo.environment
        return imgtool != nil || environment["CI"] != nil || environment["COAP_FW_BIN"] != nil
    }

    @discardableResult
    func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// A folder that goes with the value.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("fw-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }
}
