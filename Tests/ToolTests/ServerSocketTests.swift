import Foundation
import Testing

/// The server's sockets and signals from outside, datagram by datagram.
@Suite(.timeLimit(.minutes(15))) struct ServerSocketTests {
    /// A ClientHello without a cookie, PSK-AES128-CCM-8.
    private static let hello: [UInt8] = {
        let body: [UInt8] =
            [0xFE, 0xFD] + [UInt8](repeating: 7, count: 32) + [0, 0, 0, 2, 0xC0, 0xA8, 1, 0]
        let count = UInt8(body.count)
        let message: [UInt8] = [1, 0, 0, count, 0, 0, 0, 0, 0, 0, 0, count] + body
        return [22, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(message.count)] + message
    }()

    private static func workshop() throws -> Workshop {
        let workshop = try Workshop.withRelease()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
        return workshop
    }

    private static func socketAddress(_ host: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }

    private static func send(_ bytes: [UInt8], _ descriptor: Int32, to host: String, _ port: UInt16) -> Bool {
        var address = socketAddress(host, port)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) > 0
            }
        }
    }

    /// The sender of the answer to a hello; nil: there is none.
    private static func answerer(at host: String, _ port: UInt16) throws -> String? {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        try #require(send(hello, descriptor, to: host, port))
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 5000) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 256)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
            }
        }
        // A HelloVerifyRequest.
        guard count > 13, buffer[13] == 3 else { return nil }
        return inet_ntoa(address.sin_addr).map { String(cString: $0) }
    }

    /// One of these ended the server: its answer goes to port 0, which is EINVAL.
    @Test(.enabled(if: geteuid() == 0, "needs root, for a raw socket"))
    func aHelloFromPortZeroEndsNothing() throws {
        let server = try RunningServer(Self.workshop(), listen: ["127.0.0.1:0", "0.0.0.0:0"])
        let raw = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_UDP))
        try #require(raw >= 0)
        defer { close(raw) }
        for index in 0..<2 {
            let port = try server.port(index)
            let length = UInt16(8 + Self.hello.count)
            for source in [UInt16(0), 0, 0] {
                var packet: [UInt8] = []
                for word in [source, port, length, 0] {
                    packet += [UInt8(word >> 8), UInt8(truncatingIfNeeded: word)]
                }
                try #require(Self.send(packet + Self.hello, raw, to: "127.0.0.1", 0))
            }
            #expect(try Self.answerer(at: "127.0.0.1", port) == "127.0.0.1")
        }
        #expect(server.isRunning)
        // The counters are shown after the answers are sent.
        let isCounted = try (0..<200).contains { _ in
            server.signal(SIGUSR1)
            return try #require(server.nextLine()).contains("\"datagrams_received\":8,")
        }
        #expect(isCounted)
    }

    /// On all addresses, the answer comes from the one that was asked; several `--listen` are all served.
    @Test(arguments: ["1", "2"]) func answersComeFromTheAddressThatWasAsked(threads: String) throws {
        let server = try RunningServer(
            Self.workshop(),
            listen: ["0.0.0.0:0", "127.0.0.5:0", "[::1]:0"],
            ["--threads", threads]
        )
        for host in ["127.0.0.1", "127.0.0.2", "127.3.2.1"] {
            #expect(try Self.answerer(at: host, server.port(0)) == host)
        }
        #expect(try Self.answerer(at: "127.0.0.5", server.port(1)) == "127.0.0.5")
        #expect(server.urls[2].hasPrefix("coaps://[::1]:"))
    }

    /// libcoap over IPv6. Its command-line clients put the address into their hello as a server name, which
    /// RFC 6066 § 3 forbids and GnuTLS refuses: they are told so, and the server serves on.
    @Test func libcoapFetchesOverIPv6() throws {
        let workshop = try Workshop.withRelease()
        let hex = String(repeating: "61", count: 16)
        try workshop.tool("psk", "add", "dev-1", "--key-hex", hex, "--psk", "k.psk")
        let server = try RunningServer(workshop, listen: ["[::1]:0"], ["--verbose"])
        let key = String(repeating: "a", count: 16)
        for library in ["openssl", "gnutls"] {
            let client = "coap-client-\(library) -B 20 -m get -u dev-1 -k \(key) -o fetched \(server.url)/fw/7"
            _ = try workshop.run([], under: ["/bin/sh", "-c", "exec \(client)"])
            #expect(!workshop.exists("fetched"))
        }
        #expect(server.log.contains("handshake failed"))
        let end = try workshop.tool("doctor", server.url, "--pid", "7", "--identity", "dev-1", "--psk", "k.psk")
        #expect(end.status == 0, "\(end)")
    }

    @Test func signalsAreHandled() throws {
        let server = try RunningServer(Self.workshop())
        server.signal(SIGUSR2)
        server.signal(SIGHUP)
        for _ in 0..<2 {
            server.signal(SIGUSR1)
            let line = try #require(server.nextLine())
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["sessions"] as? Int == 0)
            #expect(object?["datagrams_not_sent"] as? Int == 0)
        }
        #expect(server.isRunning)
    }

    @Test(
        arguments: [
            ["--sessions", "0"], ["--handshakes", "0"], ["--idle-time", "0"], ["--payload-size", "0"],
            ["--listen", "127.0.0.1:x"], ["--listen", "127.0.0.1:0", "--listen", "1.2.3.4:99999"],
        ]
    )
    func optionsThatMakeNoSenseAreUsage(options: [String]) throws {
        let run = try Workshop().run(["--images", "Images", "--psk", "k.psk"] + options, of: "coap-fw-server")
        #expect(run.status == 64)
        #expect(run.errors.contains(options[options.count - 1]))
    }
}
