import Foundation

/// A UDP socket on a loopback port of its own, with bounded waits.
final class UDPSocket: Sendable {
    let port: Int
    private let descriptor: Int32

    /// - Parameter wanted: The port; 0 takes any.
    /// - Throws: ``ProgramError`` if there is none.
    init(port wanted: Int = 0) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw ProgramError("no socket: errno \(errno)") }
        var address = Self.loopback(port: wanted)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            throw ProgramError("no port: errno \(errno)")
        }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(descriptor)
    }

    /// A port that was free a moment ago, for programs that cannot choose one themselves.
    static func freePort() throws -> Int { try UDPSocket().port }

    /// A port that was free a moment ago, as the one above it was.
    static func freePortPair() throws -> Int {
        for _ in 0..<50 {
            let first = try UDPSocket()
            if first.port < 65_535, let second = try? UDPSocket(port: first.port + 1) { return second.port - 1 }
        }
        throw ProgramError("no two free ports in a row")
    }

    func send(_ bytes: [UInt8], to port: Int) {
        var address = Self.loopback(port: port)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The next datagram and the port that it came from; nil: none came.
    func receive(within seconds: Double = 5) -> (bytes: [UInt8], port: Int)? {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, Int32(seconds * 1000)) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
            }
        }
        guard count >= 0 else { return nil }
        return (Array(buffer.prefix(count)), Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

extension RunningProgram {
    /// Waits until it has bound these loopback ports: for programs that do not say when they are ready.
    ///
    /// What is sent to a bound port waits for its reader, however busy the machine is; what is sent before that
    /// comes back as refused.
    func bound(_ ports: Int..., within seconds: Double = 60) throws {
        let limit = Date(timeIntervalSinceNow: seconds)
        for port in ports {
            // A port that another has cannot be bound.
            while (try? UDPSocket(port: port)) != nil {
                if ends(within: 0.02) { throw ProgramError("\(name) ended: \(log)") }
                guard Date() < limit else {
                    throw ProgramError("\(name) has not bound port \(port) within \(seconds) s:\n\(log)")
                }
            }
        }
    }
}
