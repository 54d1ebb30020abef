import Foundation
import Testing

/// GnuTLS and our store read each other's key files.
@Suite(.timeLimit(.minutes(15))) struct PreSharedKeyTests {
    @Test func weReadWhatPsktoolWrote() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("identities.psk")
        for identity in ["dev-1", "sensor.2@plant"] {
            let result = try RunningProgram.run(
                Programs.system("psktool"),
                ["--username", identity, "--keysize", "16", "--pskfile", file]
            )
            guard result.succeeded else { throw ProgramError("psktool: \(result)") }
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        let list = try RunningProgram.run(
            Programs.own("coap-fw-tool"),
            ["psk", "list", "--show-keys", "--psk", file]
        )
        #expect(list.succeeded, "\(list)")
        for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: ":")
            let shown = list.text.split(separator: "\n").first { $0.hasPrefix(fields[0]) }
            #expect(shown?.contains(fields[1]) == true, "\(fields[0])")
        }
        // Adding one of ours keeps theirs.
        let added = try RunningProgram.run(Programs.own("coap-fw-tool"), ["psk", "add", "ours", "--psk", file])
        #expect(added.succeeded, "\(added)")
        let content = try String(contentsOfFile: file, encoding: .utf8)
        for identity in ["dev-1:", "sensor.2@plant:", "ours:"] { #expect(content.contains(identity)) }
    }

    @Test func psktoolKeepsWhatWeWrote() throws {
        let releases = try ReleaseFolder()
        let result = try RunningProgram.run(
            Programs.system("psktool"),
            ["--username", "theirs", "--keysize", "16", "--pskfile", releases.psk]
        )
        guard result.succeeded else { throw ProgramError("psktool: \(result)") }
        let content = try String(contentsOfFile: releases.psk, encoding: .utf8)
        #expect(content.contains("\(ReleaseFolder.identity):\(ReleaseFolder.keyHex)"))
        #expect(content.contains("theirs:"))
    }

    @Test func gnutlsServesFromOurFile() throws {
        let releases = try ReleaseFolder()
        let port = try UDPSocket.freePort()
        let priority = "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+PSK"
        let server = try RunningProgram(
            Programs.system("gnutls-serv"),
            ["--udp", "--port", "\(port)", "--echo", "--pskpasswd", releases.psk, "--priority", priority]
        )
        _ = try server.line(containing: "listening on IPv4")
        /// Whether it gets there within that time; with the wrong key DTLS goes on trying for a minute.
        func completes(_ key: String, within seconds: Double) throws -> Bool {
            let client = try RunningProgram(
                Programs.system("gnutls-cli"),
                [
                    "--udp", "--port", "\(port)", "--pskusername", ReleaseFolder.identity, "--pskkey", key,
                    "--priority", priority, "127.0.0.1",
                ]
            )
            return (try? client.line(containing: "Handshake was completed", within: seconds)) != nil
        }
        #expect(try completes(ReleaseFolder.keyHex, within: 20))
        #expect(try !completes("00112233445566778899aabbccddeeff", within: 3))
    }
}
