import Foundation
import Testing

/// `coap-fw-server` on a port of its own; it ends with the value.
final class RunningServer {
    private let process = Process()
    let url: String

    init(_ workshop: Workshop) throws {
        process.executableURL = try Workshop.program("coap-fw-server")
        process.currentDirectoryURL = URL(fileURLWithPath: workshop.path)
        process.arguments = ["--images", "Images", "--psk", "k.psk", "--listen", "127.0.0.1:0"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The server says where it listens before it does anything else; the end of the pipe ends the wait if it dies.
        var text = ""
        while !text.contains("\n") {
            let chunk = output.fileHandleForReading.availableData
            if chunk.isEmpty { break }
            text += String(decoding: chunk, as: UTF8.self)
        }
        let line = try #require(text.split(separator: "\n").first { $0.contains("coaps://") })
        url = String(try #require(line.split(separator: " ").last))
    }

    /// Makes it look for what changed.
    func reload() {
        kill(process.processIdentifier, SIGHUP)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }
}
