import Foundation
import Testing

/// What `coap-fw-server` ends with.
@Suite(.timeLimit(.minutes(15))) struct ServerExitTests {
    private static func workshop() throws -> Workshop {
        let workshop = try Workshop.withRelease()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
        return workshop
    }

    private func serve(_ workshop: Workshop, _ change: [String: String] = [:], _ more: String...) throws -> ToolResult {
        let options = ["--images": "Images", "--psk": "k.psk", "--listen": "127.0.0.1:0"].merging(change) { $1 }
        return try workshop.run(options.flatMap { [$0.key, $0.value] } + more, of: "coap-fw-server")
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signalsEndItWith0(number: Int32) throws {
        #expect(try RunningServer(Self.workshop()).end(by: number) == 0)
    }

    @Test func whatCannotBeServedIs78() throws {
        let workshop = try Self.workshop()
        try workshop.write(Array("dev-1:00\n".utf8), to: "open.psk", mode: 0o644)
        for (change, said) in [
            (["--psk": "none"], "none: No such file or directory"), (["--psk": "open.psk"], "chmod 600 open.psk"),
            (["--images": "none"], "none: No such file or directory"),
            (["--listen": "192.0.2.1:1"], "cannot listen on 192.0.2.1:1"),
        ] {
            let end = try serve(workshop, change)
            #expect(end.exited && end.status == 78 && end.errors.contains(said), "\(change): \(end)")
        }
        let strict = try serve(workshop, [:], "--require-rights")
        #expect(strict.exited && strict.status == 78 && strict.errors.contains("rights"), "\(strict)")
    }

    @Test func anAddressInUseIs69() throws {
        let workshop = try Self.workshop()
        let server = try RunningServer(workshop)
        let address = String(server.url.dropFirst("coaps://".count))
        let second = try serve(workshop, ["--listen": address])
        #expect(second.exited && second.status == 69 && second.errors.contains("\(address) is in use"), "\(second)")
    }
}
