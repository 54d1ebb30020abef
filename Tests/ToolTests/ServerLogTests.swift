import Foundation
import Testing

/// What `coap-fw-server` logs, and what it never does.
@Suite(.timeLimit(.minutes(15))) struct ServerLogTests {
    private static let key = "00112233445566778899aabbccddeeff"

    private let workshop: Workshop

    init() throws {
        workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--key-hex", Self.key, "--psk", "k.psk").status == 0)
    }

    private func update(_ server: RunningServer, psk: String = "k.psk") throws -> ToolResult {
        try workshop.run(
            [
                "update", "--server", server.url, "--pid", "7", "--identity", "dev-1", "--psk", psk, "--flash",
                "good.flash", "--attempts", "1",
            ],
            of: "coap-fw-client"
        )
    }

    @Test func missingRightsAreSaidAtTheStart() throws {
        let said = "there is no rights file: every provisioned identity may read every product"
        #expect(try RunningServer(workshop).hasLogged(said))
        try #require(try workshop.tool("psk", "add", "dev-2", "--pid", "7", "--psk", "k.psk").status == 0)
        let server = try RunningServer(workshop)
        #expect(server.hasLogged("serving"))
        #expect(server.end(by: SIGTERM) == 0)
        #expect(!server.log.contains(said))
    }

    @Test func logLevelsChooseWhatIsLogged() throws {
        func log(_ options: String...) throws -> String {
            let server = try RunningServer(workshop, listen: ["127.0.0.1:0"], options)
            #expect(try update(server).status == 0)
            #expect(server.end(by: SIGTERM) == 0)
            return server.log
        }
        let usual = try log()
        #expect(usual.contains("session established") && !usual.contains("session closed by the peer"), "\(usual)")
        #expect(try log("--log-level", "error").isEmpty)
        for options in [["--log-level", "debug"], ["--verbose"]] {
            let all = try options.count == 2 ? log(options[0], options[1]) : log(options[0])
            #expect(all.contains("session closed by the peer"), "\(options): \(all)")
        }
    }

    /// Neither keys that are right nor those that are wrong, badly written or replaced, at the chattiest level.
    @Test func keysAreNotLogged() throws {
        let server = try RunningServer(workshop, listen: ["127.0.0.1:0"], ["--log-level", "trace"])
        #expect(try update(server).status == 0)
        let wrong = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
        try workshop.write(Array("dev-1:\(wrong)\n".utf8), to: "wrong.psk", mode: 0o600)
        #expect(try update(server, psk: "wrong.psk").status == 77)
        let damaged = "a0b1c2d3e4f5061728394a5b6c7d8e9f"
        try workshop.write(Array("dev-1:\(Self.key)\ndev-2:\(damaged)x\n".utf8), to: "k.psk", mode: 0o600)
        server.reload()
        #expect(server.hasLogged("k.psk line 2"))
        let next = "ffeeddccbbaa99887766554433221100"
        try workshop.write(Array("dev-1:\(next)\n".utf8), to: "k.psk", mode: 0o600)
        server.reload()
        #expect(server.hasLogged("identities changed"))
        #expect(try update(server).status == 0)
        #expect(server.end(by: SIGTERM) == 0)
        let log = server.log.lowercased()
        #expect(log.contains("session established") && log.contains("authentication failed"), "\(log)")
        // Also not in part: no run of eight of a key's digits.
        for key in [Self.key, wrong, damaged, next] {
            for start in 0...(key.count - 8) {
                #expect(!log.contains(key.dropFirst(start).prefix(8)), "\(log)")
            }
        }
    }
}
