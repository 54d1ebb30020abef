import Foundation
import Testing

/// What `coap-fw-client update` ends with, by each of its exit codes.
@Suite(.timeLimit(.minutes(15))) struct ClientExitTests {
    private let workshop: Workshop

    init() throws {
        workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--pid", "7", "--psk", "k.psk").status == 0)
    }

    private func arguments(_ url: String, psk: String = "k.psk") -> [String] {
        ["update", "--server", url, "--pid", "7", "--identity", "dev-1", "--psk", psk, "--flash", "good.flash"]
    }

    private func update(_ url: String, psk: String = "k.psk", _ more: String...) throws -> ToolResult {
        try workshop.run(arguments(url, psk: psk) + more, of: "coap-fw-client")
    }

    @Test func aProductWithoutTheRightToItIs77() throws {
        try workshop.write(Array("dev-1: 8\n".utf8), to: "rights")
        let server = try RunningServer(workshop)
        defer { withExtendedLifetime(server) {} }
        let end = try update(server.url)
        #expect(end.exited && end.status == 77 && end.errors.contains("may not read product 7"), "\(end)")
    }

    @Test func anImageOfAnotherKeyIs65() throws {
        try #require(try workshop.tool("key", "generate", "other").status == 0)
        let release = [
            "release", "--pid", "7", "--version", "3.0.0", "--binary", "app.bin", "--key", "other", "--force",
        ]
        try #require(try workshop.run(release + ["--images", "Images"]).status == 0)
        let server = try RunningServer(workshop)
        defer { withExtendedLifetime(server) {} }
        let end = try update(server.url)
        #expect(end.exited && end.status == 65 && end.errors.contains("is refused"), "\(end)")
    }

    @Test func nobodyThereIs69() throws {
        let end = try update("coaps://127.0.0.1:9", "--attempts", "1")
        #expect(end.exited && end.status == 69 && end.errors.contains("not reached: nobody listens there"), "\(end)")
    }

    /// Ctrl-C ends it in order, and the next run comes to its end.
    @Test(arguments: [SIGINT, SIGTERM]) func controlCIs75(number: Int32) throws {
        try #require(try workshop.release("2.0.0").status == 0)
        let server = try RunningServer(workshop)
        let link = try RunningLink(to: server.url, in: workshop, "--rate", "60000", "--delay", "5ms")
        let client = try RunningProgram("coap-fw-client", arguments(link.url) + ["--json"], in: workshop)
        try #require(try waitUntil { try link.delivered().toClient > 8000 })
        client.signal(number)
        let end = try #require(try client.result(within: 10))
        #expect(end.exited && end.status == 75, "\(end)")
        #expect(end.errors.contains("stopped; what was downloaded is kept in good.flash"), "\(end)")
        let object = try end.json()
        #expect(object["result"] as? String == "failed" && object["error"] as? String != nil, "\(end)")
        let next = try update(server.url, "--json")
        #expect(next.status == 0, "\(next)")
    }
}
