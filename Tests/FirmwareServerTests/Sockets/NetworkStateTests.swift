import FirmwareServer
import Glibc
import HostSupport
import Logging
import TestSupport
import Testing

/// No state of the network ends the server, its sockets or its sessions: routes that are lost, forbidden or black
/// holes, a firewall, an interface that goes, an error that the kernel notes for the socket.
@Suite(.enabled(if: TwoHosts.isPossible, TwoHosts.condition), .serialized, .timeLimit(.minutes(15)))
struct NetworkStateTests {
    private static func serve(
        _ hosts: TwoHosts,
        _ addresses: [String],
        _ folder: ServedFolder
    ) throws -> FirmwareService {
        var configuration = folder.configuration
        configuration.listen = addresses.map { HostPort(host: $0, port: 5684) }
        let made = configuration
        return try hosts.atServer { try FirmwareService(made, logger: .silent) }
    }

    private static func device(_ hosts: TwoHosts, to address: String, from: String? = nil) throws -> SocketDevice {
        // Used by one thread at a time.
        nonisolated(unsafe) var device: SocketDevice?
        try hosts.atClient { device = try SocketDevice(UDPSocket(to: address, port: 5684, from: from)) }
        return try #require(device)
    }

    @Test func lostRoutesAndFirewallsAreCounted() throws {
        let (hosts, folder) = (try TwoHosts(), try ServedFolder())
        let service = try Self.serve(hosts, ["10.77.0.1"], folder)
        defer { service.stop() }
        let device = try Self.device(hosts, to: "10.77.0.1", from: "10.78.0.9")
        #expect(device.connect() == .established)
        let to = "10.78.0.9/32"
        let policy = "dir out src 0.0.0.0/0 dst \(to)"
        let rows: [(lose: String, mend: String, code: Int32)] = [
            ("route del default", "route add default via 10.77.0.2", ENETUNREACH),
            ("route add blackhole \(to)", "route del blackhole \(to)", EINVAL),
            ("route add prohibit \(to)", "route del prohibit \(to)", EACCES),
            ("route add unreachable \(to)", "route del unreachable \(to)", EHOSTUNREACH),
            // What an output firewall gives.
            ("xfrm policy add \(policy) action block", "xfrm policy delete \(policy)", EPERM),
        ]
        for row in rows {
            try #require(hosts.onServer(row.lose), "\(row.lose)")
            #expect(try !device.isAnswered(.coreLinks, milliseconds: 150), "\(row.lose)")
            #expect(service.statistics.sending.dropped[row.code, default: 0] > 0, "\(row.lose)")
            try #require(hosts.onServer(row.mend), "\(row.mend)")
            #expect(try device.isAnswered(.coreLinks, milliseconds: 5000), "\(row.mend)")
        }
        for command in ["link set s0 down", "link set s0 up", "route add default via 10.77.0.2"] {
            try #require(hosts.onServer(command))
            _ = try device.isAnswered(.coreLinks, milliseconds: 50)
        }
        // The cable needs a moment.
        #expect(try (0..<50).contains { _ in try device.isAnswered(.coreLinks, milliseconds: 200) })
        #expect(service.statistics.sessionCount == 1)
        #expect(service.statistics.total.handshakesCompleted == 1)
    }

    /// The kernel notes an error for the socket, which SwiftNIO's datagram channel does not survive.
    @Test func anErrorOfTheSocketIsNotItsEnd() throws {
        let (hosts, folder) = (try TwoHosts(), try ServedFolder())
        let service = try Self.serve(hosts, ["10.77.0.1"], folder)
        defer { service.stop() }
        let device = try Self.device(hosts, to: "10.77.0.1")
        #expect(device.connect() == .established)
        try #require(hosts.destroyServerSockets(port: 5684))
        #expect(try (0..<50).contains { _ in try device.isAnswered(.coreLinks, milliseconds: 200) })
        #expect(service.statistics.readErrors > 0)
        #expect(service.statistics.total.handshakesCompleted == 1)
    }

    /// Datagrams that the way out does not take whole, and does not cut as one, go one by one.
    @Test func aSmallLinkIsServed() throws {
        let (hosts, folder) = (try TwoHosts(), try ServedFolder())
        let service = try Self.serve(hosts, ["10.77.0.1"], folder)
        defer { service.stop() }
        let device = try Self.device(hosts, to: "10.77.0.1")
        #expect(device.connect() == .established)
        try #require(hosts.onServer("link set s0 mtu 600"))
        let answers = try device.answers(to: .firstBlock, count: 12, milliseconds: 2000)
        #expect(answers == 12)
        #expect(service.statistics.sending.dropped.isEmpty)
    }

    /// A server on all addresses answers from the one that was asked.
    @Test(arguments: [("0.0.0.0", "10.77.0.7"), ("[::]", "fdaa::7"), ("0.0.0.0", "10.77.0.1"), ("[::]", "fdaa::1")])
    func answersComeFromTheAddressThatWasAsked(listen: String, asked: String) throws {
        let (hosts, folder) = (try TwoHosts(), try ServedFolder())
        let address = try #require(HostPort(listen, defaultPort: 5684)?.host)
        let service = try Self.serve(hosts, [address], folder)
        defer { service.stop() }
        // A connected socket takes nothing from elsewhere.
        let device = try Self.device(hosts, to: asked)
        #expect(device.connect() == .established)
        #expect(try device.isAnswered(.coreLinks, milliseconds: 5000))
    }
}
