import ArgumentParser
import HostSupport
import NIOCore

extension HostPort {
    init(parsing text: String) throws(ValidationError) {
        guard let endpoint = HostPort(text, defaultPort: nil) else {
            throw ValidationError("An address is HOST:PORT with a port up to 65535: 127.0.0.1:5700, [::1]:5700.")
        }
        self = endpoint
    }

    /// - Throws: ``LinkToolError/unknownHost(_:)``.
    func resolved() throws(LinkToolError) -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw .unknownHost(host)
        }
    }
}

extension SocketAddress {
    /// As in a URL: `127.0.0.1:5700`, `[::1]:5700`.
    var hostAndPort: String { HostPort(host: ipAddress ?? "?", port: port ?? 0).description }
}
