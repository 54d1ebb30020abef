import Foundation
import Testing

/// `coap-fw-client run` against a server, end to end.
@Suite(.timeLimit(.minutes(15))) struct RunCommandTests {
    private let workshop: Workshop
    private let server: RunningServer

    init() throws {
        workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--pid", "7", "--psk", "k.psk").status == 0)
        server = try RunningServer(workshop)
        let settings = "server = \(server.url)\npid = 7\nidentity = dev-1\npsk = k.psk\nflash = good.flash\n"
        try workshop.write(Array(settings.utf8), to: "device.conf")
    }

    private func daemon(_ options: String...) throws -> RunningProgram {
        try RunningProgram(
            "coap-fw-client",
            ["run", "--config", "device.conf", "--json"] + options,
            in: workshop
        )
    }

    private func events(_ daemon: RunningProgram) -> [[String: Any]] {
        daemon.output.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    private func names(_ daemon: RunningProgram) -> [String] { events(daemon).compactMap { $0["event"] as? String } }

    private func reboots(_ daemon: RunningProgram) -> [String] {
        events(daemon).filter { $0["event"] as? String == "rebooted" }.compactMap { $0["action"] as? String }
    }

    private func hasSaid(_ daemon: RunningProgram, _ name: String, times: Int = 1) -> Bool {
        waitUntil { names(daemon).filter { $0 == name }.count >= times }
    }

    private func state() throws -> String? {
        try workshop.client("status", "--flash", "good.flash", "--json").json()["state"] as? String
    }

    @Test func aReleaseIsInstalledTriedAndConfirmed() throws {
        let daemon = try daemon("--interval", "1s", "--health-check", #"test "$COAP_FW_VERSION" = 2.0.0"#)
        try #require(hasSaid(daemon, "waiting"))
        try #require(try workshop.release("2.0.0").status == 0)
        server.reload()
        try #require(hasSaid(daemon, "confirmed"))
        daemon.signal(SIGTERM)
        let end = try #require(try daemon.result())
        #expect(end.status == 0 && end.exited && end.errors.isEmpty, "\(end)")
        let news = names(daemon).filter { $0 == "rebooted" || $0 == "confirmed" || $0 == "unhealthy" }
        #expect(news == ["rebooted", "confirmed"], "\(end)")
        #expect(try state() == "confirmed")
    }

    @Test(arguments: ["exit 3", "sleep 60", "kill -9 $$"])
    func aTrialThatFailsItsCheckGoesBackAndIsNotTriedAgain(check: String) throws {
        try #require(try workshop.release("2.0.0").status == 0)
        server.reload()
        let daemon = try daemon("--interval", "1s", "--health-check", check, "--health-timeout", "1s")
        try #require(hasSaid(daemon, "rebooted", times: 2))
        let before = names(daemon).filter { $0 == "checked" }.count
        try #require(hasSaid(daemon, "checked", times: before + 2))
        daemon.signal(SIGINT)
        let end = try #require(try daemon.result())
        #expect(end.status == 0)
        #expect(reboots(daemon) == ["swapped-for-test", "reverted"], "\(end)")
        #expect(try state() == "confirmed")
    }

    /// New firmware that cannot be updated any more must not stay.
    @Test func aTrialThatDoesNotReachItsServerGoesBack() throws {
        try #require(try workshop.release("2.0.0").status == 0)
        server.reload()
        let daemon = try daemon(
            "--interval",
            "1s",
            "--health-check",
            "kill -9 \(server.processID); true",
            "--trial-timeout",
            "2s",
            "--attempts",
            "1",
            "--handshake-timeout",
            "2"
        )
        try #require(hasSaid(daemon, "rebooted", times: 2))
        daemon.signal(SIGTERM)
        let end = try #require(try daemon.result())
        #expect(reboots(daemon) == ["swapped-for-test", "reverted"], "\(end)")
        #expect(names(daemon).contains("unhealthy"))
        #expect(try state() == "confirmed")
    }

    /// An hour that begins two hours from now is closed.
    @Test(arguments: ["never", "window"])
    func aDeviceThatMayNotRebootWaits(policy: String) throws {
        let hour = Calendar.current.component(.hour, from: Date())
        func clock(_ hour: Int) -> String { (hour % 24 < 10 ? "0" : "") + "\(hour % 24):00" }
        let window = clock(hour + 2) + "-" + clock(hour + 3)
        try #require(try workshop.release("2.0.0").status == 0)
        server.reload()
        let daemon = try daemon("--interval", "1s", "--reboot", policy == "never" ? "never" : window)
        try #require(hasSaid(daemon, "waiting", times: 2))
        #expect(try state() == "committed")
        daemon.signal(SIGTERM)
        #expect(try daemon.result()?.status == 0)
        #expect(!names(daemon).contains("rebooted"))
    }

    /// What a stop interrupts is resumed by the next run.
    @Test func aStopInADownloadKeepsWhatIsThere() throws {
        try workshop.write((0..<24_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }, to: "app.bin")
        try #require(try workshop.release("2.0.0").status == 0)
        server.reload()
        let link = try RunningLink(to: server.url, in: workshop, "--rate", "100000", "--delay", "50ms")
        let daemon = try daemon("--server", link.url)
        try #require(try waitUntil { try link.delivered().toClient > 12_000 })
        daemon.signal(SIGTERM)
        #expect(try daemon.result()?.status == 0)
        let end = try workshop.client("update", "--config", "device.conf", "--json")
        #expect(end.status == 0)
        #expect(try #require(try end.json()["resumed_blocks"] as? Int) > 3, "\(end)")
        withExtendedLifetime(link) {}
    }

    /// SIGUSR1 ends the pause.
    @Test func aSignalAsksAtOnce() throws {
        let daemon = try daemon("--interval", "6h")
        for count in 1...3 {
            try #require(hasSaid(daemon, "waiting", times: count))
            daemon.signal(SIGUSR1)
        }
        try #require(hasSaid(daemon, "checked", times: 4))
        withExtendedLifetime(server) {}
    }

    @Test func aFlashThatIsInUseIsWaitedFor() throws {
        let descriptor = open("\(workshop.path)/good.flash", O_RDWR)
        try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let daemon = try daemon("--interval", "1s")
        #expect(hasSaid(daemon, "failed"))
        close(descriptor)
        #expect(hasSaid(daemon, "checked"))
        withExtendedLifetime(server) {}
    }

    /// What no waiting mends ends it at once.
    @Test func whatIsWrongFromTheStartEndsIt() throws {
        for (options, status) in [
            (["--flash", "nosuch.flash"], Int32(78)), (["--identity", "dev-2"], 78), (["--reboot", "25:00-26:00"], 64),
            (["--interval", "10"], 64),
        ] {
            let end = try workshop.run(["run", "--config", "device.conf"] + options, of: "coap-fw-client")
            #expect(end.status == status, "\(end)")
        }
    }
}
