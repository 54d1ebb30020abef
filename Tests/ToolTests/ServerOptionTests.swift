import Foundation
import Testing

/// Options of `coap-fw-server` that show only from outside.
@Suite(.timeLimit(.minutes(15))) struct ServerOptionTests {
    private let workshop: Workshop

    init() throws {
        workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
        try #require(try workshop.release("2.0.0").status == 0)
    }

    private func arguments(_ url: String, flash: String = "good.flash") -> [String] {
        ["update", "--server", url, "--pid", "7", "--identity", "dev-1", "--psk", "k.psk", "--flash", flash]
    }

    /// Each thread has a socket of its own at the address.
    @Test(arguments: [1, 3]) func threadsEachHaveASocket(threads: Int) throws {
        let server = try RunningServer(workshop, listen: ["127.0.0.1:0"], ["--threads", "\(threads)"])
        defer { withExtendedLifetime(server) {} }
        let port = String(try server.port(), radix: 16, uppercase: true)
        let address = " 0100007F:" + String(repeating: "0", count: 4 - port.count) + port + " "
        let table = try String(contentsOfFile: "/proc/\(server.processID)/net/udp", encoding: .utf8)
        #expect(table.components(separatedBy: address).count - 1 == threads, "\(table)")
    }

    @Test func payloadsAboveTheLimitAreNotServed() throws {
        let server = try RunningServer(workshop, listen: ["127.0.0.1:0"], ["--payload-size", "1"])
        #expect(server.hasLogged("are more than the limit of 1024"))
        #expect(try workshop.run(arguments(server.url), of: "coap-fw-client").status == 69)
        let other = try RunningServer(workshop)
        defer { withExtendedLifetime((server, other)) {} }
        #expect(try workshop.run(arguments(other.url), of: "coap-fw-client").status == 0)
    }

    /// Two clients that are killed leave two sessions, of which an identity keeps one, until it has been idle.
    @Test func sessionsOfAnIdentityAndTheirIdleTimeAreBounded() throws {
        try FileManager.default.copyItem(atPath: "\(workshop.path)/good.flash", toPath: "\(workshop.path)/b.flash")
        let options = ["--sessions-per-identity", "1", "--idle-time", "3"]
        let server = try RunningServer(workshop, listen: ["127.0.0.1:0"], options)
        for (count, flash) in [(1, "good.flash"), (2, "b.flash")] {
            let link = try RunningLink(to: server.url, in: workshop, "--rate", "20000")
            let client = try RunningProgram("coap-fw-client", arguments(link.url, flash: flash), in: workshop)
            #expect(try server.waitForStatistics { $0["handshakes"] == count })
            client.signal(SIGKILL)
            _ = try client.result()
            #expect(try server.statistics()["sessions"] == 1)
        }
        #expect(try server.waitForStatistics { $0["sessions"] == 0 })
    }
}
