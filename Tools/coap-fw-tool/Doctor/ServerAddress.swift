import CCoAP
import Glibc

/// Where a server is: `coaps://HOST[:PORT]`, an IPv6 address in brackets.
struct ServerAddress: CustomStringConvertible {
    let host: String
    let port: UInt16

    /// The port of CoAP over DTLS (RFC 7252 § 12.7).
    private static let defaultPort: UInt16 = 5684

    init?(_ text: String) {
        let scheme = "coaps://"
        guard text.lowercased().hasPrefix(scheme) else { return nil }
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest.removeLast() }
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
        }
        guard !host.isEmpty, !host.contains("/") else { return nil }
        if rest.isEmpty {
            port = ServerAddress.defaultPort
        } else {
            guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
            port = number
        }
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The first address of the host, in libcoap's form.
    func resolved() -> coap_address_t? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else { return nil }
        defer { freeaddrinfo(found) }
        var address = coap_address_t()
        coap_address_init(&address)
        let length = Int(first.pointee.ai_addrlen)
        guard let bytes = first.pointee.ai_addr, length <= MemoryLayout.size(ofValue: address.addr) else { return nil }
        withUnsafeMutableBytes(of: &address.addr) { space in
            space.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: length))
        }
        address.size = socklen_t(length)
        return address
    }
}
