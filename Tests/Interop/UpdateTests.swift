import Foundation
import Testing

/// Our client updates from foreign servers, and through a bad link.
@Suite(.timeLimit(.minutes(15))) struct UpdateTests {
    @Test(arguments: ForeignServer.Kind.allCases, [true, false])
    func fromAForeignServer(kind: ForeignServer.Kind, isSecure: Bool) throws {
        let releases = try ReleaseFolder()
        let payload = try releases.release("1.1.0", Firmware.greatfet2026())
        let server = try ForeignServer(kind, serving: payload)
        let device = try releases.device("dev-1.flash")
        let report = try device.update(from: isSecure ? server.secure : server.plain)
        #expect(report.result == "committed")
        #expect(report.version == "1.1.0")
        #expect(report.size == payload.count)
        #expect(try device.reboot().version == "1.1.0")
    }

    @Test(arguments: ForeignServer.Kind.allCases)
    func foreignClientsFetchFromForeignServers(kind: ForeignServer.Kind) throws {
        // The harness itself: what these cannot do between them, ours need not do with them.
        let payload = try Firmware.greatfet2025()
        let server = try ForeignServer(kind, serving: payload)
        for client in ForeignClient.allCases {
            let base = client.isSecure ? server.secure : server.plain
            #expect(try client.get("\(base)/fw/7") == payload, "\(client)")
        }
    }

    @Test func killedInTheMiddleOverALossyLinkAndResumed() throws {
        let releases = try ReleaseFolder()
        try releases.release("1.0.0", Firmware.greatfet2025())
        let device = try releases.device("dev-1.flash", running: "1.0.0")
        #expect(try device.reboot().version == "1.0.0")
        try releases.release("1.1.0", Firmware.greatfet2026())
        let server = try OurServer(releases)
        let shim = try Shim(
            to: server.securePort,
            "--rate",
            "250000",
            "--delay",
            "20ms",
            "--loss",
            "0.1",
            "--seed",
            "7"
        )

        let first = try device.startUpdate(from: shim.secure)
        try shim.wait(while: first) { $0.toClient.deliveredBytes > 50_000 }
        first.kill()
        let end = try first.result(within: 60)
        #expect(!end.exited && end.status == SIGKILL)

        let report = try device.update(from: shim.secure, within: 120)
        #expect(report.result == "committed")
        #expect(report.version == "1.1.0")
        #expect(report.resumedBlocks >= 16)
        let boot = try device.reboot()
        #expect(boot.version == "1.1.0" && boot.trial)
    }

    @Test func theServersPortChangesInTheMiddle() throws {
        let releases = try ReleaseFolder()
        let payload = try releases.release("1.1.0", Firmware.greatfet2026())
        let server = try OurServer(releases)
        let device = try releases.device("dev-1.flash")
        let shim = try Shim(
            to: server.securePort,
            "--rate",
            "1000000",
            "--delay",
            "5ms",
            "--rebind-every",
            "700ms",
            "--seed",
            "7"
        )
        let report = try device.update(from: shim.secure, within: 120)
        #expect(report.result == "committed")
        #expect(report.size == payload.count)
        // The server saw other ports, and the client shook hands from them.
        let rebinds = try shim.statistics().clients.rebinds
        #expect(rebinds > 0 && report.handshakes > 1, "\(rebinds) new ports, \(report.handshakes) handshakes")
    }
}
