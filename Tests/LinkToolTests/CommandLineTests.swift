import Foundation
import Testing

/// Options, messages and exit codes of coap-fw-link.
@Suite(.timeLimit(.minutes(15))) struct CommandLineTests {
    private func run(_ arguments: [String]) throws -> RunningProgram.Result {
        try RunningProgram.run(Programs.own("coap-fw-link"), arguments, within: 60)
    }

    @Test func helpNamesEveryOption() throws {
        let result = try run(["--help"])
        #expect(result.succeeded)
        let options = [
            "listen", "to", "preset", "rate", "delay", "jitter", "loss", "burst", "duplicate", "reorder", "corrupt",
            "queue", "mtu", "rebind-every", "seed", "stats", "jitter-shape", "change",
        ]
        for option in options { #expect(result.text.contains("--\(option) "), "\(option)") }
    }

    @Test(
        "A value that cannot be meant is refused, with the option's name",
        arguments: [
            ("rate", "0"), ("rate", "nan"), ("rate", "1e6"), ("rate", "20kbit"), ("rate", "1000000000001"),
            ("rate", "99999999999999999999999"), ("rate", ""), ("delay", "5"), ("delay", "5q"), ("delay", "1d"),
            ("delay", "ms"), ("delay", "1.2.3ms"), ("delay", ".5s"), ("delay", "5 ms"), ("delay", "nans"),
            ("delay", "infs"), ("delay", "1e3ms"), ("delay", "2000m"), ("delay", "99999999999999999999999999s"),
            ("jitter", "0x10ms"), ("jitter-shape", "pareto:1"), ("jitter-shape", "normal"), ("change", "rate"),
            ("change", "10s:sideways:rate=1"), ("change", "5:rate=1"),
            ("change", "up:colour=1"), ("loss", "1.01"), ("loss", "2"), ("loss", "nan"), ("loss", "inf"),
            ("loss", "10%"),
            ("loss", "1e-3"), ("loss", "0,1"), ("burst", "0.5"), ("burst", "0"), ("burst", "inf"), ("duplicate", "1.5"),
            ("reorder", "NaN"), ("corrupt", "0x1"), ("queue", "0"), ("queue", "16KB"), ("queue", "16kib"),
            ("queue", "1.5KiB"), ("queue", "KiB"), ("queue", "1GiB"), ("queue", "9223372036854775807KiB"),
            ("queue", "1024MiB"), ("mtu", "28"), ("mtu", "65536"), ("mtu", "lots"), ("rebind-every", "0s"),
            ("rebind-every", "9ms"), ("seed", "1.5"), ("seed", "18446744073709551616"), ("preset", "5g"),
            ("preset", "LTE"),
        ]
    )
    func refused(option: String, value: String) throws {
        let result = try run(["--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--\(option)=\(value)"])
        #expect(result.exited && result.status == 64)
        #expect(result.errorText.contains("--\(option)"))
        #expect(result.text.isEmpty)
    }

    @Test(arguments: [-1, 1] as [Double])
    func signsAreNoNumbers(sign: Double) throws {
        let text = sign < 0 ? "-0.1" : "+0.1"
        for option in ["loss", "rate", "delay", "queue", "seed"] {
            let value = option == "delay" ? text + "s" : text
            let result = try run(["--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--\(option)=\(value)"])
            #expect(result.exited && result.status == 64, "\(option)")
        }
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.1:", ":5700", "127.0.0.1:65536", "127.0.0.1:-1", "::1:5700", "a:b"])
    func addressesThatAreNone(text: String) throws {
        #expect(try run(["--listen", text, "--to", "127.0.0.1:9"]).status == 64)
        #expect(try run(["--listen", "127.0.0.1:0", "--to", text]).status == 64)
    }

    /// RFC 6761 § 6.4: no name ends in "invalid".
    @Test func anUnknownHostIs68() throws {
        let result = try run(["--listen", "127.0.0.1:0", "--to", "nowhere.invalid:5684"])
        #expect(result.exited && result.status == 68 && result.errorText.contains("nowhere.invalid"), "\(result)")
    }

    @Test func aBurstTooShortForTheLossSaysWhatIsNeeded() throws {
        let result = try run(["--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--loss", "0.75", "--burst", "2"])
        #expect(result.status == 64)
        #expect(result.errorText.contains("--burst is at least 3.0"))
    }

    @Test func aPortInUseIsNamed() throws {
        let taken = try UDPSocket()
        let result = try run(["--listen", "127.0.0.1:\(taken.port)", "--to", "127.0.0.1:9"])
        #expect(result.status == 69)
        #expect(result.errorText.contains("127.0.0.1:\(taken.port)"))
        #expect(result.errorText.split(separator: "\n").count == 1)
    }

    @Test func aStatisticsFileThatCannotBeWrittenIsNamedAtOnce() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("missing/link.json")
        let result = try run(["--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--stats", path])
        #expect(result.status == 73)
        #expect(result.errorText.contains(path))
        #expect(result.errorText.contains("No such file or directory"))
    }

    @Test func whatWasAskedForIsInTheStatistics() throws {
        let fixture = try LinkFixture([
            "--preset",
            "nb-iot",
            "--rate",
            "20000",
            "--jitter",
            "1.5s",
            "--loss",
            "0.25",
            "--burst",
            "4",
            "--duplicate",
            "0.01",
            "--reorder",
            "0.02",
            "--corrupt",
            "1",
            "--queue",
            "16KiB",
            "--mtu",
            "1280",
            "--seed",
            "18446744073709551615",
            "--rebind-every",
            "30s",
        ])
        let report = try fixture.finish()
        #expect(report.link.rateBitsPerSecond == 20_000)
        #expect(report.link.delayMs == 750)
        #expect(report.link.jitterMs == 1500)
        #expect(report.link.loss == 0.25)
        #expect(report.link.burst == 4)
        #expect(report.link.duplicate == 0.01)
        #expect(report.link.reorder == 0.02)
        #expect(report.link.corrupt == 1)
        #expect(report.link.queueBytes == 16_384)
        #expect(report.link.mtuBytes == 1280)
        #expect(report.seed == .max)
        #expect(report.toServer.datagrams == 0)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func endsCleanlyAtASignal(signal: Int32) throws {
        let fixture = try LinkFixture()
        fixture.shim.send(signal: signal)
        #expect(try fixture.shim.result(within: 60).succeeded)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.url.path) == ["link.json"])
    }

    @Test func writesStatisticsOnDemandAndGoesOn() throws {
        let fixture = try LinkFixture()
        fixture.client.send([1, 2, 3], to: fixture.port)
        #expect(fixture.server.receive()?.bytes == [1, 2, 3])
        try FileManager.default.removeItem(at: fixture.folder.file("link.json"))
        fixture.shim.send(signal: SIGUSR1)
        // The file is renamed into place after the datagram that is answered here was carried.
        var hasReport = false
        for attempt in 0..<20_000 where !hasReport {
            fixture.client.send([UInt8(attempt & 255)], to: fixture.port)
            _ = fixture.server.receive()
            hasReport = FileManager.default.fileExists(atPath: fixture.folder.path("link.json"))
        }
        #expect(hasReport)
        // It goes on, for longer than it would need to end.
        for _ in 0..<500 {
            fixture.client.send([9, 9, 9], to: fixture.port)
            try #require(fixture.server.receive()?.bytes == [9, 9, 9])
        }
        #expect(try fixture.report().toServer.datagrams >= 1)
        #expect(try fixture.finish().toServer.datagrams > 1)
    }
}
