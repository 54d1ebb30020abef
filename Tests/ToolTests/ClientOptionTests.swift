import Foundation
import Testing

/// Options of `coap-fw-client update`, by what leaves the client's socket.
@Suite(.timeLimit(.minutes(15))) struct ClientOptionTests {
    private let workshop: Workshop

    init() throws {
        workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
    }

    private func run(_ url: String, _ more: [String], killedAfter delay: Duration? = nil) throws -> ToolResult {
        let required = ["update", "--server", url, "--pid", "7", "--identity", "dev-1", "--psk", "k.psk"]
        return try workshop.run(
            required + ["--flash", "good.flash"] + more,
            of: "coap-fw-client",
            killedAfter: delay
        )
    }

    @Test(arguments: [32, 128, 1024]) func blocksOfTheSizeThatWasAskedFor(size: Int) throws {
        try #require(try workshop.release("2.0.0").status == 0)
        let server = try RunningServer(workshop)
        defer { withExtendedLifetime(server) {} }
        let end = try run(server.url, ["--json", "--block-size", "\(size)"])
        #expect(end.status == 0, "\(end)")
        let object = try end.json()
        let bytes = try #require(object["size"] as? Int)
        #expect(object["blocks"] as? Int == (bytes + size - 1) / size, "\(end)")
    }

    /// One hello goes out in two seconds where an answer is not expected before twenty; otherwise it comes again.
    @Test func theExpectedRoundTripSetsTheHandshakesTimer() throws {
        for (options, isPatient) in [(["--expected-rtt", "20000"], true), ([], false)] {
            let peer = try SilentPeer()
            let limits = ["--handshake-timeout", "2", "--attempts", "1"]
            let end = try run("coaps://127.0.0.1:\(peer.port)", limits + options)
            #expect(end.exited && end.status == 69, "\(end)")
            let count = peer.takeSenders().count
            #expect(isPatient ? count == 1 : count > 1, "\(count) datagrams with \(options)")
        }
    }

    @Test func theExpectedRoundTripSetsTheFirstRequestsTimer() throws {
        for (options, isPatient) in [(["--expected-rtt", "20000"], true), ([], false)] {
            let peer = try SilentPeer()
            _ = try run("coap://127.0.0.1:\(peer.port)", options, killedAfter: .milliseconds(1500))
            let count = peer.takeSenders().count
            #expect(isPatient ? count == 1 : count > 2, "\(count) datagrams with \(options)")
        }
    }

    /// Each attempt has a socket of its own.
    @Test(arguments: [1, 2]) func attemptsAndTheHandshakesTimeout(attempts: Int) throws {
        let peer = try SilentPeer()
        let began = ContinuousClock.now
        let limits = ["--handshake-timeout", "1", "--attempts", "\(attempts)"]
        let end = try run("coaps://127.0.0.1:\(peer.port)", limits)
        #expect(end.exited && end.status == 69 && end.errors.contains("no answer in time"), "\(end)")
        #expect(Set(peer.takeSenders()).count == attempts)
        #expect(ContinuousClock.now - began < .seconds(20))
    }
}
