import Foundation
import Testing

/// A program of this package that runs beside the test; it ends with the value.
final class RunningProgram {
    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let outputPath: String
    private let errorPath: String

    init(_ program: String, _ arguments: [String], in workshop: Workshop) throws {
        process.executableURL = try Workshop.program(program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: workshop.path)
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (try workshop.capture("output"), try workshop.capture("errors"))
        (outputPath, errorPath) = (output.path, errors.path)
        process.standardOutput = output.handle
        process.standardError = errors.handle
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// What it left behind; nil: it did not end in time, and was killed.
    func result(within seconds: Double = 30) throws -> ToolResult? {
        guard ended.wait(timeout: .now() + seconds) == .success else {
            signal(SIGKILL)
            return nil
        }
        ended.signal()
        return ToolResult(
            status: process.terminationStatus,
            exited: process.terminationReason == .exit,
            output: output,
            errors: try String(contentsOfFile: errorPath, encoding: .utf8)
        )
    }

    deinit {
        // SIGTERM is blocked on the test's threads, and so in its children that do not unblock it.
        if ended.wait(timeout: .now()) == .timedOut { signal(SIGKILL) }
    }
}

/// `coap-fw-link` in front of a server; it ends with the value.
final class RunningLink {
    private let program: RunningProgram
    private let workshop: Workshop
    private let statisticsName = "link-\(UUID().uuidString).json"
    let address: String

    /// - Parameters:
    ///   - url: the server's.
    ///   - workshop: where its statistics go.
    ///   - options: those of the link.
    /// - Throws: if it does not start.
    init(to url: String, in workshop: Workshop, _ options: String...) throws {
        self.workshop = workshop
        let program = try RunningProgram(
            "coap-fw-link",
            [
                "--listen", "127.0.0.1:0", "--to", String(url.dropFirst("coaps://".count)), "--stats", statisticsName,
            ] + options,
            in: workshop
        )
        self.program = program
        try #require(waitUntil { program.output.contains("\n") })
        address = try #require(program.output.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("udp://") })
            .replacingOccurrences(of: "udp://", with: "")
    }

    var url: String { "coaps://\(address)" }

    /// What arrived each way, in datagrams' bytes.
    func delivered() throws -> (toServer: Int, toClient: Int) {
        program.signal(SIGUSR1)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(workshop.path)/\(statisticsName)"))
        let object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        func count(_ direction: String) throws -> Int {
            try #require((object[direction] as? [String: Any])?["delivered_bytes"] as? Int)
        }
        return (try count("to_server"), try count("to_client"))
    }
}

/// A UDP socket that takes everything and answers nothing.
final class SilentPeer {
    private let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    let port: UInt16

    init() throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        port = try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0)
            }
            return UInt16(bigEndian: $0.pointee.sin_port)
        }
    }

    /// The ports from which datagrams came, one for each.
    func takeSenders() -> [UInt16] {
        var senders: [UInt16] = []
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT), $0, &length)
                }
            }
            if count < 0 { return senders }
            senders.append(UInt16(bigEndian: address.sin_port))
        }
    }

    deinit { close(descriptor) }
}
