/// `coaps://HOST[:PORT]` or `coap://HOST[:PORT]`.
struct ServerAddress: Equatable {
    /// Whether DTLS is spoken.
    var isSecure: Bool
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    var host: String
    var port: Int

    /// Nil for anything else than the forms above; a path of `/` is let pass.
    init?(_ text: String) {
        guard let scheme = text.range(of: "://") else { return nil }
        switch text[..<scheme.lowerBound].lowercased() {
        case "coaps": isSecure = true
        case "coap": isSecure = false
        default: return nil
        }
        var rest = text[scheme.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        var portText: Substring?
        if rest.hasPrefix("[") {
            guard let bracket = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<bracket])
            let tail = rest[rest.index(after: bracket)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { return nil }
            host = String(parts[0])
            portText = parts.count == 2 ? parts[1] : nil
        }
        guard !host.isEmpty, !host.contains("/"), !host.contains("@") else { return nil }
        // RFC 7252 § 6.1 and § 6.2.
        port = isSecure ? 5684 : 5683
        if let portText {
            guard let number = UInt16(portText), number > 0 else { return nil }
            port = Int(number)
        }
    }

    var description: String {
        "\(isSecure ? "coaps" : "coap")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

extension String {
    /// The first occurrence of a text, without Foundation.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
