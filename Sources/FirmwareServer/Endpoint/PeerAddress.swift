import Glibc
import NIOCore

/// Where a datagram came from, as a key that costs little to compare and to hash: an IPv4 or IPv6 address, its zone,
/// and the UDP port.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64
    private let zone: UInt32
    private let port: UInt16
    private let isIPv6: Bool

    /// Nil for anything but IPv4 and IPv6.
    public init?(_ address: SocketAddress) {
        switch address {
        case .v4(let v4):
            high = 0
            low = UInt64(UInt32(bigEndian: v4.address.sin_addr.s_addr))
            zone = 0
            port = UInt16(bigEndian: v4.address.sin_port)
            isIPv6 = false
        case .v6(let v6):
            let words = v6.address.sin6_addr.__in6_u.__u6_addr32
            high = UInt64(UInt32(bigEndian: words.0)) << 32 | UInt64(UInt32(bigEndian: words.1))
            low = UInt64(UInt32(bigEndian: words.2)) << 32 | UInt64(UInt32(bigEndian: words.3))
            zone = v6.address.sin6_scope_id
            port = UInt16(bigEndian: v6.address.sin6_port)
            isIPv6 = true
        case .unixDomainSocket:
            return nil
        }
    }

    /// The same for tests and simulations that have no sockets.
    public init(ipv4 address: UInt32, port: UInt16) {
        high = 0
        low = UInt64(address)
        zone = 0
        self.port = port
        isIPv6 = false
    }

    /// The address for the socket.
    public var socketAddress: SocketAddress {
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = zone
            address.sin6_addr.__in6_u.__u6_addr32 = (
                UInt32(truncatingIfNeeded: high >> 32).bigEndian, UInt32(truncatingIfNeeded: high).bigEndian,
                UInt32(truncatingIfNeeded: low >> 32).bigEndian, UInt32(truncatingIfNeeded: low).bigEndian
            )
            return SocketAddress(address, host: "")
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
        return SocketAddress(address, host: "")
    }

    /// What a cookie is bound to: all fields, in a fixed form.
    var cookieBytes: InlineArray<24, UInt8> {
        let high = high
        let low = low
        let zone = zone
        let port = port
        let isIPv6 = isIPv6
        return InlineArray { index in
            switch index {
            case 0..<8: UInt8(truncatingIfNeeded: high >> (8 * UInt64(index)))
            case 8..<16: UInt8(truncatingIfNeeded: low >> (8 * UInt64(index - 8)))
            case 16..<20: UInt8(truncatingIfNeeded: zone >> (8 * UInt32(index - 16)))
            case 20..<22: UInt8(truncatingIfNeeded: port >> (8 * UInt16(index - 20)))
            default: isIPv6 ? 6 : 4
            }
        }
    }

    /// As in a URI's authority.
    public var description: String {
        let address = socketAddress
        let host = address.ipAddress ?? "?"
        return isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
