import ArgumentParser
import NIOCore

/// A host and a port as they are written on the command line: `127.0.0.1:5700`, `[::1]:5700`, `server.example:5684`.
struct Endpoint {
    var host: String
    var port: Int

    init(parsing text: String) throws(ValidationError) {
        guard let endpoint = Self.parse(text) else {
            throw ValidationError("An address is HOST:PORT with a port up to 65535: 127.0.0.1:5700, [::1]:5700.")
        }
        self = endpoint
    }

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    private static func parse(_ text: String) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let port = text[text.index(after: colon)...]
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, port.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(port) else {
            return nil
        }
        return Endpoint(host: String(host), port: Int(number))
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
