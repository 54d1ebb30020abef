/// A host and a port as they are written on the command line: `127.0.0.1:5684`, `[::1]:5684`, `server.example:5684`,
/// and, where there is a default port, without one.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// An IP address (IPv6 without brackets) or a name.
    public let host: String
    /// 0…65535.
    public let port: Int

    /// Port of `coaps` (RFC 7252 § 6.2).
    public static let coapsPort = 5684
    /// Port of `coap` (RFC 7252 § 6.1).
    public static let coapPort = 5683

    /// An address of its parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Parameters:
    ///   - text: Host and port; an IPv6 address with a port stands in brackets.
    ///   - defaultPort: The port where the text has none; `nil`: it must have one.
    public init?(_ text: some StringProtocol, defaultPort: Int?) {
        var host = Substring(text)
        var portText: Substring?
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            if !rest.isEmpty {
                guard rest.hasPrefix(":") else { return nil }
                portText = rest.dropFirst()
            }
        } else if let colon = host.firstIndex(of: ":"), colon == host.lastIndex(of: ":") {
            portText = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        var port = defaultPort
        if let portText {
            guard let number = UInt16(portText), portText.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
            port = Int(number)
        }
        guard !host.isEmpty, let port else { return nil }
        self.init(host: String(host), port: port)
    }

    /// As it is written; an IPv6 address in brackets.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
