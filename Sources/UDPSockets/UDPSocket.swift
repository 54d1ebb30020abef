import CUDPSockets
import Endpoint
import Glibc

/// A bound UDP socket, not blocking. Closed with the value.
public final class UDPSocket: @unchecked Sendable {
    /// Owned; never changes.
    public let descriptor: Int32
    /// What was chosen if any was asked for.
    public let port: UInt16
    /// Each datagram tells where it was sent to.
    public let reportsLocalAddress: Bool

    /// - Parameters:
    ///   - address: where it listens. An IPv6 socket does not take IPv4.
    ///   - port: 0 for any that is free.
    ///   - sharesPort: other sockets may share the port, and each peer's datagrams go to one of them (SO_REUSEPORT).
    ///   - reportsLocalAddress: each datagram tells where it was sent to.
    ///   - bufferBytes: of the receive and the send buffer, as far as the system allows; nil: what the system gives.
    /// - Throws: ``SocketError``.
    public init(
        bindingTo address: IPAddress,
        port: UInt16,
        sharesPort: Bool = false,
        reportsLocalAddress: Bool = false,
        bufferBytes: Int? = nil
    ) throws(SocketError) {
        var raw = address.raw(port: port)
        let opened = cudp_open(&raw, sharesPort, reportsLocalAddress, Int32(clamping: bufferBytes ?? 0))
        guard opened >= 0 else { throw SocketError(-opened) }
        let code = cudp_local_address(opened, &raw)
        guard code == 0 else {
            close(opened)
            throw SocketError(-code)
        }
        descriptor = opened
        self.port = raw.port
        self.reportsLocalAddress = reportsLocalAddress
    }

    deinit { close(descriptor) }

    /// Waits until something has arrived.
    /// - Returns: false if nothing has within `limit`.
    public func waitUntilReadable(_ limit: Duration) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = limit.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return poll(&ready, 1, Int32(clamping: max(milliseconds, 0))) > 0
    }
}

/// What the system says about a socket.
public struct SocketError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An errno.
    public let code: Int32

    /// See the property.
    public init(_ code: Int32) {
        self.code = code
    }

    /// The system's words for the code.
    public var description: String { String(cString: strerror(code)) }

    /// As errno(3) has it, such as `ENETUNREACH`.
    public var name: String { cudp_error_name(code).map { String(cString: $0) } ?? "\(code)" }
}
