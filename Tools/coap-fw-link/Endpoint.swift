import ArgumentParser
import NIOCore

/// A host and a port as they are written on the command line: `127.0.0.1:5700`, `[::1]:5700`, `server.example:5684`.
struct Endpoint: ExpressibleByArgument {
    var host: String
    var port: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":") else { return nil }
        let port = argument[argument.index(after: colon)...]
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !port.isEmpty, port.utf8.count <= 5, port.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(port), number <= 65_535
        else { return nil }
        self.host = String(host)
        self.port = number
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
    var hostAndPort: String {
        let host = ipAddress ?? "?"
        let port = port ?? 0
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
