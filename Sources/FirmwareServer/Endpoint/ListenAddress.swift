import NIOCore

/// An address to listen on, as it is written on the command line: `127.0.0.1:5684`, `[::1]:5684`, `localhost:5684`,
/// or without a port.
public struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// An IP address or a name.
    public let host: String
    /// 0 for any that is free.
    public let port: Int

    /// Port of `coaps` (RFC 7252 § 6.2).
    public static let securePort = 5684
    /// Port of `coap` (RFC 7252 § 6.1).
    public static let plainPort = 5683

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Parameters:
    ///   - text: host, or host and port; an IPv6 address with a port in brackets.
    ///   - defaultPort: where there is none.
    public init?(_ text: String, defaultPort: Int) {
        var host = Substring(text)
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":") else { return nil }
                portText = rest.dropFirst()
            }
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        var port = defaultPort
        if let portText {
            guard let number = UInt16(portText), portText.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
            port = Int(number)
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    func resolve() throws -> SocketAddress {
        if let address = try? SocketAddress(ipAddress: host, port: port) { return address }
        return try SocketAddress.makeAddressResolvingHost(host, port: port)
    }
}
