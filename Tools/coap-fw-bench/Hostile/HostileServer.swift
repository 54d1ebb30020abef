import Endpoint
import Foundation

/// `coap-fw-server` with DTLS and plain CoAP, to be attacked.
final class HostileServer {
    static let address = IPAddress(ipv4: 0x7F00_0001)

    let meter: ProcessMeter
    let port: UInt16
    let plainPort: UInt16
    private let program: Program

    /// - Throws: ``BenchError``.
    init(_ folder: ServerPeer.Folder) throws {
        program = try Program(
            folder.program("coap-fw-server"),
            [
                "--images", folder.path("Images"), "--psk", folder.path("identities.psk"), "--listen", "127.0.0.1:0",
                "--listen-plain", "127.0.0.1:0",
            ],
            log: folder.url.appendingPathComponent("server.log")
        )
        meter = ProcessMeter(processID: program.processID)
        let ports = try program.listeningAddresses(2).map { address in
            address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        }
        (port, plainPort) = (ports[0], ports[1])
    }

    var isRunning: Bool { program.isRunning }
}

/// Real devices that update from empty flash again and again: `coap-fw-client` processes.
final class UpdatingDevices: @unchecked Sendable {
    private let folder: ServerPeer.Folder
    private let port: UInt16
    private let rows: Int
    private let lock = NSLock()
    private let group = DispatchGroup()
    private var stopped = false
    private var done = 0
    private var failures: [String] = []

    init(_ folder: ServerPeer.Folder, port: UInt16, rows: Int) {
        self.folder = folder
        self.port = port
        self.rows = rows
    }

    func start() {
        for row in 0..<rows {
            group.enter()
            Thread.detachNewThread { [self] in
                var number = 0
                while !lock.withLock({ stopped }) {
                    do {
                        try update("device-\(row)-\(number).flash")
                        lock.withLock { done += 1 }
                    } catch {
                        lock.withLock { failures.append("\(error)") }
                    }
                    number += 1
                    Thread.sleep(forTimeInterval: 1)
                }
                group.leave()
            }
        }
    }

    /// Lets the updates that run come to their end.
    func stop() -> (done: Int, failures: [String]) {
        lock.withLock { stopped = true }
        group.wait()
        return lock.withLock { (done, failures) }
    }

    private func update(_ flash: String) throws {
        let path = folder.path(flash)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try run(
            "coap-fw-tool",
            [
                "flash", "create", "--flash", path, "--trust", folder.path("signing.pub"), "--pid", "7", "--sectors",
                "256", "--sector-size", "4096",
            ],
            log: flash
        )
        try run(
            "coap-fw-client",
            [
                "update", "--server", "coaps://127.0.0.1:\(port)", "--pid", "7", "--identity",
                LoadAddress.identity(of: 0), "--psk", folder.path("identities.psk"), "--flash", path, "--json",
            ],
            log: flash
        )
    }

    private func run(_ program: String, _ arguments: [String], log: String) throws {
        let log = folder.url.appendingPathComponent("\(log).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let end = try Program(folder.program(program), arguments, log: log).end(within: 120)
        guard end.isSuccess else { throw BenchError("\(program): " + String(decoding: end.output, as: UTF8.self)) }
    }
}
