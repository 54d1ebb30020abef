import Foundation
import Testing

/// tshark understands every datagram of a transfer, in the clear and, with the key, within DTLS.
@Suite(.timeLimit(.minutes(15))) struct DissectionTests {
    /// How many frames a display filter selects.
    private func frames(_ filter: String, of capture: Capture, _ options: [String]) throws -> Int {
        let folder = try TemporaryFolder()
        let file = try folder.write(capture.file, to: "capture.pcap")
        let result = try RunningProgram.run(
            Programs.system("tshark"),
            ["-r", file, "-Y", filter, "-T", "fields", "-e", "frame.number"] + options,
            within: 60
        )
        guard result.succeeded else { throw ProgramError("tshark: \(result)") }
        return result.text.split(separator: "\n").count
    }

    @Test func plainTransfer() throws {
        let releases = try ReleaseFolder()
        let payload = try releases.release("1.0.0", Firmware.greatfet2025())
        let server = try OurServer(releases)
        let tap = try DatagramTap(to: server.plainPort)
        let device = try releases.device("dev-1.flash")
        #expect(try device.update(from: "coap://127.0.0.1:\(tap.port)").result == "committed")
        #expect(try ForeignClient.libcoapPlain.get("coap://127.0.0.1:\(tap.port)/fw/7") == payload)
        #expect(try ForeignClient.libcoapPlain.get("coap://127.0.0.1:\(tap.port)/.well-known/core").count > 10)
        let capture = tap.stop()
        let options = ["-d", "udp.port==\(Capture.serverPort),coap"]
        #expect(capture.datagrams.count > 4 * payload.count / 1024)
        #expect(try frames("coap", of: capture, options) == capture.datagrams.count)
        #expect(try frames("_ws.malformed || _ws.expert.severity == error", of: capture, options) == 0)
        // 2.05 with a block number, an ETag: what a transfer is made of.
        #expect(try frames("coap.code == 69 && coap.opt.etag", of: capture, options) >= 2 * payload.count / 1024)
    }

    @Test func encryptedTransfer() throws {
        let releases = try ReleaseFolder()
        let payload = try releases.release("1.0.0", Firmware.greatfet2025())
        let server = try OurServer(releases)
        let tap = try DatagramTap(to: server.securePort)
        let device = try releases.device("dev-1.flash")
        #expect(try device.update(from: "coaps://127.0.0.1:\(tap.port)").result == "committed")
        let capture = tap.stop()
        let ports = ["-d", "udp.port==\(Capture.serverPort),dtls", "-d", "dtls.port==\(Capture.serverPort),coap"]
        let withKey = ports + ["-o", "dtls.psk:\(ReleaseFolder.keyHex)"]
        #expect(try frames("dtls", of: capture, ports) == capture.datagrams.count)
        #expect(try frames("_ws.malformed", of: capture, ports) == 0)
        #expect(try frames("coap.code == 69", of: capture, ports) == 0)
        #expect(try frames("_ws.malformed", of: capture, withKey) == 0)
        #expect(try frames("coap.code == 69", of: capture, withKey) >= payload.count / 1024)
        // RFC 7252 § 9.1.3.1: TLS_PSK_WITH_AES_128_CCM_8, and nothing older than DTLS 1.2.
        #expect(
            try frames("dtls.handshake.type == 2 && dtls.handshake.ciphersuite == 0xc0a8", of: capture, ports) >= 1
        )
        #expect(
            try frames("dtls.handshake.type == 2 && dtls.handshake.version != 0xfefd", of: capture, ports) == 0
        )
    }
}
