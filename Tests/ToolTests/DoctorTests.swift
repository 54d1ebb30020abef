import Foundation
import Testing

@Suite(.timeLimit(.minutes(15))) struct DoctorTests {
    @Test func aServerOfOursIsWell() throws {
        let workshop = try Workshop.withRelease()
        try workshop.tool("psk", "add", "dev-1", "--pid", "7", "--psk", "k.psk")
        let server = try RunningServer(workshop)
        let well = try workshop.tool("doctor", server.url, "--pid", "7", "--identity", "dev-1", "--psk", "k.psk")
        #expect(well.status == 0, "\(well.output)\(well.errors)")
        #expect(well.lines.count == 10)
        #expect(well.lines.allSatisfy { $0.hasPrefix("ok ") })

        let unknown = try workshop.tool("doctor", server.url, "--pid", "8", "--identity", "dev-1", "--psk", "k.psk")
        #expect(unknown.status == 69)
        #expect(unknown.output.contains("FAILED  discovery"))
        try workshop.write(Array("dev-1:00112233445566778899aabbccddeeff\n".utf8), to: "other.psk", mode: 0o600)
        let refused = try workshop.tool(
            "doctor",
            server.url,
            "--pid",
            "7",
            "--identity",
            "dev-1",
            "--psk",
            "other.psk",
            "--timeout",
            "20"
        )
        #expect(refused.status == 77, "\(refused.output)")
        #expect(refused.output.contains("refused the key of dev-1"))
    }

    /// What it downloads is verified, with the keys that devices trust if they are given.
    @Test func theImageIsDownloadedAndVerified() throws {
        let workshop = try Workshop.withRelease()
        try workshop.tool("psk", "add", "dev-1", "--pid", "7", "--psk", "k.psk")
        try workshop.tool("key", "generate", "other")
        let server = try RunningServer(workshop)
        let size = try workshop.bytes("Images/7/1.0.0/firmware.bin").count
        let doctor = ["doctor", server.url, "--pid", "7", "--identity", "dev-1", "--psk", "k.psk"]
        let well = try workshop.run(doctor + ["--key", "other.pub", "--key", "signing.pub", "--json"])
        #expect(well.status == 0, "\(well)")
        let object = try well.json()
        #expect(object["result"] as? String == "ok")
        let checks = try #require(object["checks"] as? [[String: Any]])
        #expect(checks.count == 10 && checks.allSatisfy { $0["ok"] as? Bool == true })
        let image = try #require(checks.first { $0["name"] as? String == "image" })
        #expect((image["detail"] as? String)?.hasPrefix("\(size) bytes, 1.0.0, digest right") == true, "\(image)")
        let other = try workshop.run(doctor + ["--key", "other.pub", "--json"])
        #expect(other.status == 65, "\(other)")
        #expect(try other.json()["result"] as? String == "failed")
        #expect(other.errors.contains("1 of the checks of"))
    }

    /// Plain CoAP: no identity, and nothing is said of keys.
    @Test func plainCoAPIsExaminedToo() throws {
        let workshop = try Workshop.withRelease()
        try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk")
        let server = try RunningServer(workshop, ["--listen-plain", "127.0.0.1:0"])
        let line = try #require(server.nextLine())
        let url = String(try #require(line.split(separator: " ").last))
        #expect(url.hasPrefix("coap://"))
        let well = try workshop.tool("doctor", url, "--pid", "7", "--key", "signing.pub")
        #expect(well.status == 0 && well.lines.count == 9, "\(well)")
        #expect(well.output.hasPrefix("ok      answer") && !well.output.contains("wrong key"))
        #expect(try workshop.tool("doctor", server.url, "--pid", "7").status == 64)
    }

    @Test func noServerAndNoKey() throws {
        let workshop = try Workshop()
        try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk")
        // The discard port of this machine: nothing listens there.
        let nobody = try workshop.tool(
            "doctor",
            "coaps://127.0.0.1:9",
            "--pid",
            "7",
            "--identity",
            "dev-1",
            "--psk",
            "k.psk",
            "--timeout",
            "5"
        )
        #expect(nobody.status == 69)
        #expect(nobody.output.hasPrefix("FAILED  handshake"))
        let noKey = try workshop.tool(
            "doctor",
            "coaps://127.0.0.1:9",
            "--pid",
            "7",
            "--identity",
            "x",
            "--psk",
            "k.psk"
        )
        #expect(noKey.status == 78)
        #expect(noKey.errors.contains("psk add"))
    }

    /// A server that lets the identity in and answers wrongly.
    @Test(arguments: WrongServer.Fault.allCases)
    func aServerThatAnswersWronglyIs76(fault: WrongServer.Fault) throws {
        let workshop = try Workshop.withRelease()
        let key = [UInt8](0..<16)
        let hex = "000102030405060708090a0b0c0d0e0f"
        try workshop.write(Array("dev-1:\(hex)\n".utf8), to: "k.psk", mode: 0o600)
        let server = try WrongServer(
            fault,
            image: try workshop.bytes("Images/7/1.0.0/firmware.bin"),
            identity: "dev-1",
            key: key
        )
        defer { server.stop() }
        let end = try workshop.tool("doctor", server.url, "--pid", "7", "--identity", "dev-1", "--psk", "k.psk")
        let failed: String? =
            switch fault {
            case .none: nil
            case .discoveryIsNoLinkFormat: "discovery"
            case .noSize: "Size2"
            case .otherETagLater, .shortBlock: "block in the middle"
            case .emptyPastTheEnd: "block past the end"
            case .everyProductExists: "unknown product"
            case .damagedImage: "image"
            }
        let status: Int32 = failed == nil ? 0 : fault == .damagedImage ? 65 : 76
        #expect(end.exited && end.status == status, "\(end)")
        #expect(end.lines.filter { $0.hasPrefix("FAILED") }.count == (failed == nil ? 0 : 1), "\(end.output)")
        if let failed { #expect(end.output.contains("FAILED  \(failed)"), "\(end.output)") }
        if fault == .noSize { #expect(end.output.contains("no Size2"), "\(end.output)") }
    }
}
