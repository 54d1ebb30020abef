import Foundation
import LinkEmulator

/// A server with one release, in a folder of its own, and what clients need to fetch it.
///
/// Only `restartServer` changes it; a benchmark that calls that uses it from one thread.
final class TestField: @unchecked Sendable {
    static let identity = "dev-1"
    /// coap-client takes a key as text only.
    static let key = "bench-key-of-16b"

    let folder: URL
    let payload: Data
    private let binaries: URL
    private var server: Program
    private(set) var address: String

    /// - Parameters:
    ///   - imageBytes: of the release; its last block may be short.
    ///   - corpus: a file of firmware, repeated or cut to that size.
    /// - Throws: ``BenchError`` if a program fails; what files throw.
    init(imageBytes: Int, corpus: URL) throws {
        binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("coap-fw-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var binary = Data()
        let firmware = try Data(contentsOf: corpus)
        guard !firmware.isEmpty else { throw BenchError("\(corpus.path) is empty") }
        // Header, digest, key hash and signature of the signed image.
        while binary.count < imageBytes - 1024 { binary.append(firmware.prefix(imageBytes - 1024 - binary.count)) }
        try binary.write(to: folder.appendingPathComponent("app.bin"))
        let hex = Self.key.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let tool = binaries.appendingPathComponent("coap-fw-tool")
        let psk = folder.appendingPathComponent("identities.psk").path
        let images = folder.appendingPathComponent("Images").path
        let signing = folder.appendingPathComponent("signing").path
        for arguments in [
            ["key", "generate", signing],
            ["psk", "add", Self.identity, "--key-hex", hex, "--pid", "7", "--psk", psk],
            [
                "release", "--pid", "7", "--version", "1.0.0", "--binary",
                folder.appendingPathComponent("app.bin").path, "--key", signing, "--images", images,
            ],
        ] {
            let log = folder.appendingPathComponent("tool.log")
            let end = try Program(tool, arguments, log: log).end(within: 60)
            guard end.isSuccess else { throw BenchError(String(decoding: end.output, as: UTF8.self)) }
        }
        payload = try Data(contentsOf: URL(fileURLWithPath: images + "/7/1.0.0/firmware.bin"))
        server = try Self.serve(binaries, folder, on: "127.0.0.1:0")
        address = try server.listeningAddress()
    }

    deinit {
        server.kill()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func serve(_ binaries: URL, _ folder: URL, on address: String) throws -> Program {
        try Program(
            binaries.appendingPathComponent("coap-fw-server"),
            [
                "--images", folder.appendingPathComponent("Images").path, "--psk",
                folder.appendingPathComponent("identities.psk").path, "--listen", address,
            ],
            log: folder.appendingPathComponent("server-\(UUID().uuidString).log")
        )
    }

    /// Kills the server and starts it again on the same port: every session is lost on its side.
    func restartServer() throws {
        server.kill()
        server = try Self.serve(binaries, folder, on: address)
        _ = try server.listeningAddress()
    }

    /// A link to the server.
    func link(_ arguments: [String], listen: String = "127.0.0.1:0") throws -> Program {
        try Program(
            binaries.appendingPathComponent("coap-fw-link"),
            ["--listen", listen, "--to", address] + arguments,
            log: folder.appendingPathComponent("link-\(UUID().uuidString).log")
        )
    }

    /// Makes an empty device and starts its update.
    func update(through link: String) throws -> Program {
        let name = UUID().uuidString
        let flash = folder.appendingPathComponent("\(name).flash").path
        let made = try Program(
            binaries.appendingPathComponent("coap-fw-tool"),
            [
                "flash", "create", "--flash", flash, "--trust", folder.appendingPathComponent("signing.pub").path,
                "--pid", "7", "--sectors", "1024", "--sector-size", "4096",
            ],
            log: folder.appendingPathComponent("tool-\(name).log")
        ).end(within: 60)
        guard made.isSuccess else { throw BenchError(String(decoding: made.output, as: UTF8.self)) }
        return try Program(
            binaries.appendingPathComponent("coap-fw-client"),
            [
                "update", "--server", "coaps://\(link)", "--pid", "7", "--identity", Self.identity, "--psk",
                folder.appendingPathComponent("identities.psk").path, "--flash", flash, "--json",
            ],
            log: folder.appendingPathComponent("client-\(name).log")
        )
    }
}
