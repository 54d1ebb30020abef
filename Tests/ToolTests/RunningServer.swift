import Foundation
import Testing

/// `coap-fw-server` on ports of its own; it ends with the value.
final class RunningServer {
    private let process = Process()
    private let output = Pipe()
    private var unread = ""
    /// Where it listens, in the order in which it says so.
    private(set) var urls: [String] = []

    /// - Parameters:
    ///   - workshop: where its files are.
    ///   - addresses: `--listen` for each.
    ///   - options: more of them.
    /// - Throws: if it does not start.
    init(_ workshop: Workshop, listen addresses: [String] = ["127.0.0.1:0"], _ options: String...) throws {
        process.executableURL = try Workshop.program("coap-fw-server")
        process.currentDirectoryURL = URL(fileURLWithPath: workshop.path)
        process.arguments =
            ["--images", "Images", "--psk", "k.psk"] + addresses.flatMap { ["--listen", $0] } + options
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The server says where it listens before it does anything else.
        for _ in addresses {
            let line = try #require(nextLine())
            urls.append(String(try #require(line.split(separator: " ").last)))
        }
    }

    var url: String { urls[0] }

    var isRunning: Bool { process.isRunning }

    func port(_ index: Int = 0) throws -> UInt16 {
        try #require(urls[index].split(separator: ":").last.flatMap { UInt16($0) })
    }

    /// The next line of its output; nil if it dies.
    func nextLine() -> String? {
        while !unread.contains("\n") {
            let chunk = output.fileHandleForReading.availableData
            if chunk.isEmpty { return nil }
            unread += String(decoding: chunk, as: UTF8.self)
        }
        let line = unread.prefix { $0 != "\n" }
        unread = String(unread.dropFirst(line.count + 1))
        return String(line)
    }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Makes it look for what changed.
    func reload() {
        signal(SIGHUP)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }
}
