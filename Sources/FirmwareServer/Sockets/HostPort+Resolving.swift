import Endpoint
import Glibc
import HostSupport

extension HostPort {
    /// The address that the host is, or the first that its name stands for.
    /// - Throws: `.cannotListen`.
    func resolve() throws(FirmwareServiceError) -> IPAddress {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        guard code == 0, let address = found?.pointee.ai_addr else {
            throw .cannotListen(self, reason: String(cString: gai_strerror(code)))
        }
        if Int32(address.pointee.sa_family) == AF_INET6 {
            return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { IPAddress($0.pointee) }
        }
        return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { IPAddress($0.pointee) }
    }
}

extension IPAddress {
    fileprivate init(_ address: sockaddr_in) {
        self.init(ipv4: UInt32(bigEndian: address.sin_addr.s_addr))
    }

    fileprivate init(_ address: sockaddr_in6) {
        let words = address.sin6_addr.__in6_u.__u6_addr32
        self.init(
            ipv6: UInt64(UInt32(bigEndian: words.0)) << 32 | UInt64(UInt32(bigEndian: words.1)),
            UInt64(UInt32(bigEndian: words.2)) << 32 | UInt64(UInt32(bigEndian: words.3)),
            zone: address.sin6_scope_id
        )
    }
}
