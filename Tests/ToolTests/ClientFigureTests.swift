import Foundation
import Testing

/// The figures of `coap-fw-client update --json`, held against what a link on the way counted.
@Suite(.timeLimit(.minutes(15))) struct ClientFigureTests {
    @Test func bytesAndTimesAreThoseOfTheLink() throws {
        let workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
        try #require(try workshop.release("2.0.0").status == 0)
        let server = try RunningServer(workshop)
        defer { withExtendedLifetime(server) {} }
        let link = try RunningLink(to: server.url, in: workshop, "--delay", "60ms")
        let end = try workshop.client(
            "update",
            "--server",
            link.url,
            "--pid",
            "7",
            "--identity",
            "dev-1",
            "--psk",
            "k.psk",
            "--flash",
            "good.flash",
            "--json"
        )
        #expect(end.status == 0, "\(end)")
        let object = try end.json()
        func figure(_ name: String) throws -> Int { try #require(object[name] as? Int, "\(name): \(end)") }
        let sent = try figure("bytes_sent")
        #expect(try waitUntil { try link.delivered().toServer == sent }, "\(end)")
        // The answer to the client's last word comes when nobody waits for it.
        let missed = try link.delivered().toClient - figure("bytes_received")
        #expect((0..<100).contains(missed), "\(missed)")
        // Three round trips: for the cookie, for the hello, for the Finished.
        let (handshake, transfer, total) = (
            try figure("handshake_ms"), try figure("transfer_ms"), try figure("total_ms")
        )
        #expect(handshake >= 360 && handshake + transfer <= total + 1 && transfer >= 240, "\(end)")
        #expect(try figure("handshakes") == 1)
        #expect(try figure("blocks") == (figure("size") + 1023) / 1024)
        #expect(try figure("requests") >= figure("blocks"))
    }
}
