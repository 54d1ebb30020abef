import Foundation
import Testing

/// Foreign clients fetch real firmware from our server, byte for byte.
@Suite(.timeLimit(.minutes(15))) struct FetchTests {
    @Test(arguments: ForeignClient.allCases)
    func currentAndFixedVersion(client: ForeignClient) throws {
        let releases = try ReleaseFolder()
        let old = try releases.release("1.0.0", Firmware.greatfet2025())
        let new = try releases.release("1.1.0", Firmware.greatfet2026())
        let server = try OurServer(releases)
        let base = client.isSecure ? server.secure : server.plain
        #expect(try client.get("\(base)/fw/7") == new)
        #expect(try client.get("\(base)/fw/7/1.0.0") == old)
        #expect(try client.get("\(base)/fw/7/1.1.0") == new)
    }

    @Test(arguments: [ForeignClient.libcoapGnuTLS, .libcoapOpenSSL, .libcoapPlain], [16, 64, 512])
    func smallBlocks(client: ForeignClient, blockSize: Int) throws {
        let releases = try ReleaseFolder()
        let payload = try releases.release("1.0.0", Firmware.greatfet2025().prefix(20_001))
        let server = try OurServer(releases)
        let base = client.isSecure ? server.secure : server.plain
        #expect(try client.get("\(base)/fw/7", blockSize: blockSize) == payload)
    }

    @Test(arguments: ForeignClient.allCases)
    func discovery(client: ForeignClient) throws {
        let releases = try ReleaseFolder()
        try releases.release("1.0.0", Firmware.greatfet2025().prefix(1000))
        let server = try OurServer(releases)
        let base = client.isSecure ? server.secure : server.plain
        let core = String(decoding: try client.get("\(base)/.well-known/core"), as: UTF8.self)
        #expect(core.contains("</fw"))
        let filtered = String(decoding: try client.get("\(base)/.well-known/core?rt=fw"), as: UTF8.self)
        #expect(filtered.contains("rt=\"fw"))
        let products = String(decoding: try client.get("\(base)/fw"), as: UTF8.self)
        #expect(products.contains("</fw/7>"))
    }

    @Test(arguments: ForeignClient.allCases.filter(\.isSecure))
    func aWrongKeyGetsNothing(client: ForeignClient) throws {
        let releases = try ReleaseFolder()
        try releases.release("1.0.0", Firmware.greatfet2025().prefix(1000))
        // So that it is the key which decides, and not that the client does not work at all.
        let before = try OurServer(releases)
        #expect(try client.get("\(before.secure)/fw/7").count > 1000)
        before.program.kill()
        try releases.tool(
            "psk",
            "rotate",
            ReleaseFolder.identity,
            "--key-hex",
            "00112233445566778899aabbccddeeff",
            "--psk",
            releases.psk
        )
        let server = try OurServer(releases)
        let fetched = Result { try client.get("\(server.secure)/fw/7") }
        #expect((try? fetched.get()) ?? Data() == Data(), "\(fetched)")
        // And it goes on serving.
        #expect(try ForeignClient.libcoapPlain.get("\(server.plain)/fw/7").count > 1000)
    }
}
