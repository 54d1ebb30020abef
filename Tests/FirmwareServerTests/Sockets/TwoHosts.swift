import Foundation
import Testing

/// Two hosts with a cable between them, in network namespaces of their own; gone with the value.
///
/// The server has 10.77.0.1 and fdaa::1, the client 10.77.0.2, fdaa::2, and 10.78.0.9, to which the server's default
/// route leads.
final class TwoHosts {
    private static let server = "fw-test-server-\(getpid())"
    private static let client = "fw-test-client-\(getpid())"

    static let isPossible = geteuid() == 0 && TwoHosts.run("/bin/sh", ["-c", "ip netns list"])
    static let condition: Comment = "needs root and ip netns"

    init() throws {
        let (server, client) = (Self.server, Self.client)
        let commands = [
            "netns add \(server)", "netns add \(client)",
            "link add s0 netns \(server) type veth peer name c0 netns \(client)",
            "-n \(server) addr add 10.77.0.1/24 dev s0", "-n \(server) addr add 10.77.0.7/24 dev s0",
            "-n \(server) addr add fdaa::1/64 dev s0 nodad", "-n \(server) addr add fdaa::7/64 dev s0 nodad",
            "-n \(client) addr add 10.77.0.2/24 dev c0", "-n \(client) addr add 10.78.0.9/32 dev c0",
            "-n \(client) addr add fdaa::2/64 dev c0 nodad",
            "-n \(server) link set lo up", "-n \(server) link set s0 up", "-n \(client) link set c0 up",
            "-n \(server) route add default via 10.77.0.2",
        ]
        for command in commands { try #require(Self.ip(command), "ip \(command)") }
        // Otherwise a request is dropped where the route back to its sender is lost.
        try inside(Self.server) {
            for name in ["all", "s0"] {
                try Data("0".utf8).write(to: URL(fileURLWithPath: "/proc/sys/net/ipv4/conf/\(name)/rp_filter"))
            }
        }
    }

    deinit {
        _ = Self.ip("netns del \(Self.server)")
        _ = Self.ip("netns del \(Self.client)")
    }

    /// `ip` on the server.
    func onServer(_ command: String) -> Bool { Self.ip("-n \(Self.server) \(command)") }

    /// Has the server's kernel destroy its UDP sockets on a port: it notes ECONNABORTED for them.
    func destroyServerSockets(port: Int) -> Bool {
        Self.run("/bin/sh", ["-c", "ip netns exec \(Self.server) ss -K -u -a 'sport = :\(port)'"])
    }

    /// Makes something on a host: its sockets stay there.
    func atServer<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        try inside(Self.server, body)
    }

    func atClient<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        try inside(Self.client, body)
    }

    private func inside<Value: Sendable>(_ name: String, _ body: @escaping @Sendable () throws -> Value) throws -> Value
    {
        // A thread belongs to one namespace; so this is a thread of its own.
        nonisolated(unsafe) var result: Result<Value, any Error> = .failure(CocoaError(.featureUnsupported))
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            result = Result {
                typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
                let symbol = try #require(dlsym(nil, "setns"))
                let descriptor = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
                defer { close(descriptor) }
                try #require(unsafeBitCast(symbol, to: SetNamespace.self)(descriptor, 0) == 0)
                return try body()
            }
            ended.signal()
        }
        ended.wait()
        return try result.get()
    }

    private static func ip(_ command: String) -> Bool {
        run("/bin/sh", ["-c", "ip \(command)"])
    }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
