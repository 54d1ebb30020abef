import Endpoint
import Foundation

/// `coap-fw-server` with DTLS and plain CoAP, to be attacked.
final class HostileServer {
    static let address = IPAddress(ipv4: 0x7F00_0001)

    let meter: ProcessMeter
    let port: UInt16
    let plainPort: UInt16
    private let program: Program

    /// Where keys, and product 8's releases, lie: a small disk (tmpfs) that only the server's mount namespace has, seen
    /// through `/proc`. It goes with the server, however that ends.
    let disk: URL
    /// Sessions that say nothing are closed after so long: attacks leave nothing behind for longer.
    static let idleSeconds = 60

    private static let diskBytes = 128 << 20

    /// - Parameters:
    ///   - folder: with the releases, and a key file.
    ///   - large: folder with product 8's first release.
    /// - Throws: ``BenchError``.
    init(_ folder: ServerPeer.Folder, large: URL) throws {
        let mount = folder.url.appendingPathComponent("disk")
        let product = folder.url.appendingPathComponent("Images/8")
        for url in [mount, product] {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }
        let script = """
            set -e
            mount -t tmpfs -o size=\(Self.diskBytes),mode=0700 none "$1"
            cp -p "$2" "$1"
            mkdir "$1/8"
            cp -r "$3" "$1/8"
            mount --bind "$1/8" "$4"
            shift 4
            exec "$@"
            """
        program = try Program(
            URL(fileURLWithPath: "/usr/bin/unshare"),
            [
                "--mount", "/bin/sh", "-c", script, "sh", mount.path, folder.path("identities.psk"), large.path,
                product.path, folder.program("coap-fw-server").path, "--images", folder.path("Images"), "--psk",
                mount.appendingPathComponent("identities.psk").path, "--listen", "127.0.0.1:0", "--listen-plain",
                "127.0.0.1:0", "--idle-time", "\(Self.idleSeconds)",
            ],
            log: folder.url.appendingPathComponent("server.log")
        )
        meter = ProcessMeter(processID: program.processID)
        let ports = try program.listeningAddresses(2).map { address in
            address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        }
        (port, plainPort) = (ports[0], ports[1])
        disk = URL(fileURLWithPath: "/proc/\(program.processID)/root\(mount.path)")
    }

    var keys: URL { disk.appendingPathComponent("identities.psk") }

    var isRunning: Bool { program.isRunning }
}

/// Real devices that update from empty flash again and again: `coap-fw-client` processes.
final class UpdatingDevices: @unchecked Sendable {
    private let folder: ServerPeer.Folder
    private let port: UInt16
    private let keys: URL
    private let rows: Int
    private let lock = NSLock()
    private let group = DispatchGroup()
    private var stopped = false
    private var done = 0
    private var failures: [String] = []

    init(_ folder: ServerPeer.Folder, _ server: HostileServer, rows: Int) {
        self.folder = folder
        port = server.port
        keys = server.keys
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
                LoadAddress.identity(of: 0), "--psk", keys.path, "--flash", path, "--json",
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
