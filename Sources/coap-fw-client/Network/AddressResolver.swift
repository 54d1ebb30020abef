import Glibc
import HostSupport
import NIOCore

extension ServerAddress {
    /// All addresses of the host, in the order that the system prefers, families taking turns (RFC 8305 § 4); at most
    /// eight.
    ///
    /// - Throws: `Failure`: the name is not known.
    func resolved() throws(Failure) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0 else { throw unknown }
        defer { freeaddrinfo(found) }
        var addresses: [SocketAddress] = []
        var next = found
        while let entry = next {
            next = entry.pointee.ai_next
            guard let bytes = UnsafeRawPointer(entry.pointee.ai_addr) else { continue }
            let address: SocketAddress? =
                switch entry.pointee.ai_family {
                case AF_INET: SocketAddress(bytes.loadUnaligned(as: sockaddr_in.self))
                case AF_INET6: SocketAddress(bytes.loadUnaligned(as: sockaddr_in6.self))
                default: nil
                }
            if let address, !addresses.contains(address) { addresses.append(address) }
        }
        if host.lowercased() == "localhost" {
            // RFC 6761 § 6.3: both loopback addresses, whatever the system's file of hosts has.
            for text in ["::1", "127.0.0.1"] {
                guard let address = try? SocketAddress(ipAddress: text, port: port) else { continue }
                if !addresses.contains(address) { addresses.append(address) }
            }
        }
        guard let first = addresses.first else { throw unknown }
        let same = addresses.filter { $0.protocol == first.protocol }
        let other = addresses.filter { $0.protocol != first.protocol }
        var turns: [SocketAddress] = []
        for index in 0..<max(same.count, other.count) {
            if index < same.count { turns.append(same[index]) }
            if index < other.count { turns.append(other[index]) }
        }
        return Array(turns.prefix(8))
    }

    private var unknown: Failure {
        Failure(.unavailable, "\(host): the name is not known; check --server and the network")
    }
}
