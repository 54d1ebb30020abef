import Foundation
import Testing

/// A bad release, as a fleet meets it: our programs over a link that loses one datagram in ten.
@Suite(.timeLimit(.minutes(15))) struct RefusedReleaseTests {
    private struct Attempt: Decodable {
        var result: String
        var bytesReceived: Int
        var error: String?
    }

    private func attempt(
        _ device: Device,
        _ server: String,
        _ more: String...
    ) throws -> (attempt: Attempt, status: Int32) {
        let arguments = device.updateArguments(from: server) + more
        let result = try RunningProgram(Programs.own("coap-fw-client"), arguments).result(within: 120)
        return (try JSONDecoder.snakeCase.decode(Attempt.self, from: result.output), result.status)
    }

    private func download(_ device: Device) throws -> [String: Any] {
        let result = try RunningProgram.run(
            Programs.own("coap-fw-client"),
            ["status", "--flash", device.flash, "--json"]
        )
        let object = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
        return try #require(object?["download"] as? [String: Any])
    }

    @Test func isDownloadedOnce() throws {
        let releases = try ReleaseFolder()
        try releases.release("1.0.0", Firmware.greatfet2025())
        let device = try releases.device("dev-1.flash", running: "1.0.0")
        // Signed by a key that the device does not trust.
        let stranger = releases.folder.path("stranger")
        try releases.tool("key", "generate", stranger)
        let app = try releases.folder.write(Firmware.greatfet2026(), to: "app.bin")
        try releases.tool(
            "release",
            "--pid",
            "7",
            "--version",
            "1.1.0",
            "--binary",
            app,
            "--key",
            stranger,
            "--images",
            releases.images,
            "--force"
        )
        let size = try Data(contentsOf: URL(fileURLWithPath: releases.payload("1.1.0"))).count
        let server = try OurServer(releases)
        let shim = try Shim(
            to: server.securePort,
            "--rate",
            "1000000",
            "--delay",
            "10ms",
            "--loss",
            "0.1",
            "--seed",
            "7"
        )

        let first = try attempt(device, shim.secure)
        #expect(first.status == 65, "\(first)")
        #expect(first.attempt.bytesReceived > size)
        let record = try download(device)
        #expect(record["version"] as? String == "1.1.0")
        #expect(record["refused"] as? String == "it is not signed by a trusted key")
        #expect(record["refusal_final"] as? Bool == true)

        let second = try attempt(device, shim.secure)
        #expect(second.status == 65, "\(second)")
        #expect(second.attempt.result == "failed")
        #expect(second.attempt.bytesReceived < 5000, "\(second)")
        #expect(second.attempt.error?.contains("was refused after an earlier download") == true, "\(second)")
        #expect(second.attempt.error?.contains("--retry") == true, "\(second)")

        let asked = try attempt(device, shim.secure, "--retry")
        #expect(asked.status == 65, "\(asked)")
        #expect(asked.attempt.bytesReceived > size)

        try releases.release("1.2.0", Firmware.greatfet2026(), isForced: true)
        // Another server, so that this one does not have to notice the release first.
        let next = try OurServer(releases)
        #expect(try device.update(from: next.secure).version == "1.2.0")
        #expect(try download(device)["refused"] is NSNull)
        #expect(try device.reboot().version == "1.2.0")
    }
}
