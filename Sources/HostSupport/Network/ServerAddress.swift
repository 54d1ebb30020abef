/// `coaps://HOST[:PORT]` or `coap://HOST[:PORT]` (RFC 7252 § 6); an IPv6 address stands in brackets.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Whether DTLS is spoken.
    package let isSecure: Bool
    package let endpoint: HostPort

    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    package var host: String { endpoint.host }
    package var port: Int { endpoint.port }

    /// `nil` for anything else than the forms above; a path of `/` is let pass.
    package init?(_ text: String) {
        let lower = text.lowercased()
        guard let scheme = ["coaps://", "coap://"].first(where: { lower.hasPrefix($0) }) else { return nil }
        isSecure = scheme == "coaps://"
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest.removeLast() }
        let defaultPort = isSecure ? HostPort.coapsPort : HostPort.coapPort
        guard !rest.contains("/"), !rest.contains("@"), let endpoint = HostPort(rest, defaultPort: defaultPort),
            endpoint.port > 0, rest.hasPrefix("[") || !endpoint.host.contains(":")
        else { return nil }
        self.endpoint = endpoint
    }

    /// The URI with its port.
    package var description: String { "\(isSecure ? "coaps" : "coap")://\(endpoint)" }
}
