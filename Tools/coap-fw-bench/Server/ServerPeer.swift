import Endpoint
import Foundation
import UDPSockets

/// A server to be measured, with a release or a resource of its own.
final class ServerPeer {
    enum Kind: Equatable {
        case ours(threads: Int)
        case libcoap

        var name: String {
            switch self {
            case .ours(let threads): threads == 1 ? "coap-fw-server" : "coap-fw-server, \(threads) threads"
            case .libcoap: "coap-server-openssl"
            }
        }
    }

    /// What all servers of a run share: a folder with a release, and a key file with an identity for each session.
    struct Folder {
        let url: URL
        let binaries: URL
        let imageBytes: Int
        /// Identities in the key file.
        let sessions: Int

        /// - Throws: ``BenchError``, what files throw.
        init(sessions: Int, imageBytes: Int) throws {
            binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            url = FileManager.default.temporaryDirectory.appendingPathComponent("coap-fw-bench-\(UUID().uuidString)")
            self.imageBytes = imageBytes
            self.sessions = sessions
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            let binary = Data((0..<imageBytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            try binary.write(to: url.appendingPathComponent("app.bin"))
            let hex = LoadSession.key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            var identities = ""
            for index in 0..<sessions { identities += "\(LoadAddress.identity(of: index)):\(hex)\n" }
            let psk = path("identities.psk")
            guard
                FileManager.default.createFile(
                    atPath: psk,
                    contents: Data(identities.utf8),
                    attributes: [.posixPermissions: 0o600]
                )
            else { throw BenchError("\(psk): cannot be written") }
            for arguments in [
                ["key", "generate", path("signing")],
                [
                    "release", "--pid", "7", "--version", "1.0.0", "--binary", path("app.bin"), "--key",
                    path("signing"), "--images", path("Images"),
                ],
            ] {
                let end = try Program(program("coap-fw-tool"), arguments, log: url.appendingPathComponent("tool.log"))
                    .end(within: 60)
                guard end.isSuccess else { throw BenchError(String(decoding: end.output, as: UTF8.self)) }
            }
        }

        func path(_ name: String) -> String { url.appendingPathComponent(name).path }

        func program(_ name: String) -> URL { binaries.appendingPathComponent(name) }

        func remove() { try? FileManager.default.removeItem(at: url) }
    }

    let kind: Kind
    let target: LoadTarget
    let generator: LoadGenerator
    let meter: ProcessMeter
    private let program: Program

    /// Starts a server.
    /// - Parameters:
    ///   - kind: which.
    ///   - folder: what it serves.
    ///   - payloadBytes: of an answer.
    ///   - sessions: that it must hold.
    /// - Throws: ``BenchError``, `SocketError`.
    init(_ kind: Kind, _ folder: Folder, payloadBytes: Int, sessions: Int) throws {
        self.kind = kind
        let log = folder.url.appendingPathComponent("server-\(UUID().uuidString).log")
        let port: UInt16
        switch kind {
        case .ours(let threads):
            program = try Program(
                folder.program("coap-fw-server"),
                [
                    "--images", folder.path("Images"), "--psk", folder.path("identities.psk"), "--listen",
                    "127.0.0.1:0", "--threads", "\(threads)", "--log-level", "warning", "--sessions", "\(sessions)",
                ],
                log: log
            )
            let listening = try program.listeningAddress()
            guard let number = listening.split(separator: ":").last.flatMap({ UInt16($0) }) else {
                throw BenchError("no port in \(listening)")
            }
            port = number
            target = LoadTarget(
                path: ["fw", "7"],
                payloadBytes: payloadBytes,
                blocks: folder.imageBytes / payloadBytes
            )
        case .libcoap:
            (program, port) = try Self.startLibcoap(folder, payloadBytes: payloadBytes, log: log)
            target = LoadTarget(path: ["example_data"], payloadBytes: payloadBytes, blocks: 1)
        }
        meter = ProcessMeter(processID: program.processID)
        generator = try LoadGenerator(server: Self.loopback, port: port)
    }

    private static let loopback = IPAddress(ipv4: 0x7F00_0001)

    /// libcoap's example server, with a resource of that size put there by its own client.
    private static func startLibcoap(
        _ folder: Folder,
        payloadBytes: Int,
        log: URL
    ) throws -> (Program, UInt16) {
        // One that was free a moment ago. It listens for DTLS on the port above the one that it is given.
        let port = try UDPSocket(bindingTo: loopback, port: 0).port
        let server = try Program(
            URL(fileURLWithPath: "/usr/bin/coap-server-openssl"),
            ["-A", "127.0.0.1", "-p", "\(port - 1)", "-k", TestField.key, "-v", "0"],
            log: log
        )
        let data = folder.url.appendingPathComponent("payload")
        try Data(repeating: 0x78, count: payloadBytes).write(to: data)
        for _ in 0..<20 {
            let put = try Program(
                URL(fileURLWithPath: "/usr/bin/coap-client-openssl"),
                [
                    "-B", "3", "-m", "put", "-f", data.path, "-u", "bench", "-k", TestField.key,
                    "coaps://127.0.0.1:\(port)/example_data",
                ],
                log: folder.url.appendingPathComponent("put.log")
            ).end(within: 10)
            if put.isSuccess, put.output.isEmpty { return (server, port) }
        }
        throw BenchError("coap-server-openssl does not take the resource to be measured")
    }
}
