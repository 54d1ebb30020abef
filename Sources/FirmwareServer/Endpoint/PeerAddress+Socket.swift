import Endpoint
import Glibc
import NIOCore

extension PeerAddress {
    /// Nil for anything but IPv4 and IPv6.
    package init?(_ address: SocketAddress) {
        switch address {
        case .v4(let v4):
            self.init(
                ipv4: UInt32(bigEndian: v4.address.sin_addr.s_addr),
                port: UInt16(bigEndian: v4.address.sin_port)
            )
        case .v6(let v6):
            let words = v6.address.sin6_addr.__in6_u.__u6_addr32
            self.init(
                IPAddress(
                    ipv6: UInt64(UInt32(bigEndian: words.0)) << 32 | UInt64(UInt32(bigEndian: words.1)),
                    UInt64(UInt32(bigEndian: words.2)) << 32 | UInt64(UInt32(bigEndian: words.3)),
                    zone: v6.address.sin6_scope_id
                ),
                port: UInt16(bigEndian: v6.address.sin6_port)
            )
        case .unixDomainSocket:
            return nil
        }
    }

    /// The peer's address for the socket.
    package var socketAddress: SocketAddress {
        if remote.isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = remote.zone
            address.sin6_addr.__in6_u.__u6_addr32 = (
                UInt32(truncatingIfNeeded: remote.high >> 32).bigEndian,
                UInt32(truncatingIfNeeded: remote.high).bigEndian,
                UInt32(truncatingIfNeeded: remote.low >> 32).bigEndian,
                UInt32(truncatingIfNeeded: remote.low).bigEndian
            )
            return SocketAddress(address, host: "")
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(truncatingIfNeeded: remote.low).bigEndian
        return SocketAddress(address, host: "")
    }
}
