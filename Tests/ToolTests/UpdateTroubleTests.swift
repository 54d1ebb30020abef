import Foundation
import Testing

/// What the client comes to, end to end, where key, path or server are not as they should be.
@Suite(.timeLimit(.minutes(15))) struct UpdateTroubleTests {
    private let workshop: Workshop
    private let server: RunningServer

    init() throws {
        workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--pid", "7", "--psk", "k.psk").status == 0)
        let wrong = ["--key-hex", String(repeating: "5a", count: 16), "--psk", "wrong.psk"]
        try #require(try workshop.run(["psk", "add", "dev-1"] + wrong).status == 0)
        try #require(try workshop.release("2.0.0").status == 0)
        server = try RunningServer(workshop)
    }

    private func update(_ url: String, psk: String = "k.psk", _ more: String...) throws -> ToolResult {
        let required = ["update", "--server", url, "--pid", "7", "--identity", "dev-1", "--psk", psk]
        return try workshop.run(required + ["--flash", "good.flash"] + more, of: "coap-fw-client")
    }

    @Test(arguments: ["1", "5"])
    func aWrongKeyIsNotAuthorised(attempts: String) throws {
        let end = try update(server.url, psk: "wrong.psk", "--attempts", attempts)
        #expect(
            end.status == 77 && end.errors.contains("authentication failed; check --identity and its key"),
            "\(end)"
        )
    }

    /// OpenSSL drops a bad Finished in silence.
    @Test func aPeerThatIsSilentAboutAWrongKeyIsToldOf() throws {
        let peer = Process()
        peer.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        let port = try SilentPeer().port
        peer.arguments = [
            "s_server", "-dtls1_2", "-port", "\(port)", "-nocert", "-psk", "000102030405060708090a0b0c0d0e0f", "-quiet",
            "-cipher", "PSK-AES128-CCM8:PSK-AES128-GCM-SHA256:@SECLEVEL=0",
        ]
        peer.standardInput = Pipe()
        peer.standardOutput = FileHandle.nullDevice
        peer.standardError = FileHandle.nullDevice
        try peer.run()
        defer {
            // SIGTERM is blocked on the test's threads, and so in its children that do not unblock it.
            kill(peer.processIdentifier, SIGKILL)
            peer.waitUntilExit()
        }
        try #require(
            try waitUntil {
                try ["udp", "udp6"].contains {
                    let table = try String(contentsOfFile: "/proc/net/\($0)", encoding: .utf8)
                    return table.contains(":\(hex(port)) ")
                }
            }
        )
        let began = Date()
        let end = try update(
            "coaps://127.0.0.1:\(port)",
            psk: "wrong.psk",
            "--attempts",
            "2",
            "--handshake-timeout",
            "5"
        )
        #expect(end.status == 69, "\(end)")
        #expect(end.errors.contains("did not answer the handshake's last message, as if it had another key"), "\(end)")
        #expect(end.errors.contains("trying again"))
        #expect(Date().timeIntervalSince(began) < 15)
    }

    /// Both loopback addresses are tried, whichever the system names first (RFC 6761 § 6.3).
    @Test func localhostIsTriedOnBothFamilies() throws {
        let v6 = try RunningServer(workshop, listen: ["[::1]:0"])
        for url in [server.url, v6.url] {
            let port = try #require(url.split(separator: ":").last)
            let end = try update("coaps://localhost:\(port)", "--json")
            #expect(end.status == 0, "\(url): \(end)")
        }
    }

    @Test func anUnconfirmedTrialIsSaid() throws {
        #expect(try update(server.url).status == 0)
        #expect(try workshop.client("reboot", "--flash", "good.flash").status == 0)
        let plain = try update(server.url)
        #expect(
            plain.status == 75 && plain.errors.contains("2.0.0 is on trial, and the next reboot goes back"),
            "\(plain)"
        )
        let json = try update(server.url, "--json")
        #expect(json.status == 75)
        #expect(try json.json()["result"] as? String == "trial")
        #expect(try json.json()["version"] as? String == "2.0.0")
        #expect(try workshop.client("confirm", "--flash", "good.flash").status == 0)
        #expect(try update(server.url, "--json").json()["result"] as? String == "up-to-date")
    }

    @Test func anUnknownProductComesWithWhatTheServerSays() throws {
        #expect(try workshop.tool("flash", "create", "--flash", "any.flash", "--trust", "signing.pub").status == 0)
        let end = try workshop.client(
            "update",
            "--server",
            server.url,
            "--pid",
            "9",
            "--identity",
            "dev-1",
            "--psk",
            "k.psk",
            "--flash",
            "any.flash"
        )
        #expect(end.status == 69 && end.errors.contains("product 9 is unknown there ("), "\(end)")
    }

    /// Datagrams above 600 bytes are dropped in silence.
    @Test func aPathOfSmallDatagramsIsFoundOut() throws {
        let link = try RunningLink(to: server.url, in: workshop, "--delay", "20ms", "--mtu", "600")
        let end = try update(link.url, "--json")
        #expect(end.status == 0, "\(end)")
        #expect(try end.json()["total_ms"] as? Int ?? .max < 8000)
    }

    /// As /proc/net writes ports.
    private func hex(_ port: UInt16) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
