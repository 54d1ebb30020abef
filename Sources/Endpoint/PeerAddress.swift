import Glibc

/// An IPv4 or IPv6 address as a key that costs little to compare and to hash.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The first 64 bits of an IPv6 address; 0 for IPv4.
    public let high: UInt64
    /// The last 64 bits of an IPv6 address; the 32 of an IPv4 address.
    public let low: UInt64
    /// Zone of a link-local IPv6 address (an interface's index), else 0.
    public let zone: UInt32
    /// Whether it is an IPv6 address; else IPv4.
    public let isIPv6: Bool

    /// - Parameter address: 127.0.0.1 is 0x7F000001.
    public init(ipv4 address: UInt32) {
        high = 0
        low = UInt64(address)
        zone = 0
        isIPv6 = false
    }

    /// - Parameters:
    ///   - high: the first 64 bits.
    ///   - low: the last 64 bits.
    ///   - zone: the interface's index for link-local addresses, else 0.
    public init(ipv6 high: UInt64, _ low: UInt64, zone: UInt32 = 0) {
        self.high = high
        self.low = low
        self.zone = zone
        isIPv6 = true
    }

    /// `0.0.0.0`: where it does not matter.
    public static let unspecified = IPAddress(ipv4: 0)

    /// The IPv4 address that stands in an IPv6 address: of a socket that serves both (RFC 4291 § 2.5.5.2), or behind a
    /// NAT64 (RFC 6052 § 2.1). All such addresses share their first 96 bits.
    package var embeddedIPv4: IPAddress? {
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        let isTranslated = high == 0x0064_FF9B_0000_0000 && low >> 32 == 0
        guard isIPv6, isMapped || isTranslated else { return nil }
        return IPAddress(ipv4: UInt32(truncatingIfNeeded: low))
    }

    /// The 16 bytes of an IPv6 address, or the four of an IPv4 address before twelve zeros, in network order.
    var bytes: InlineArray<16, UInt8> {
        let (first, second) = isIPv6 ? (high, low) : (low << 32, 0)
        return InlineArray { index in
            UInt8(truncatingIfNeeded: (index < 8 ? first : second) >> UInt64(8 * (7 - index % 8)))
        }
    }

    /// As in a URI's authority, without brackets.
    public var description: String {
        let bytes = bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        bytes.span.withUnsafeBytes {
            _ = inet_ntop(isIPv6 ? AF_INET6 : AF_INET, $0.baseAddress, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Where a datagram came from, and which of this host's addresses it was sent to: answers leave from there
/// (RFC 7252 § 5.3.2, RFC 6347 § 4.2.1: both ends are part of what a request, or a session, belongs to).
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// The peer's address.
    public let remote: IPAddress
    /// The peer's UDP port.
    public let port: UInt16
    /// The address of this host that the peer asked; unspecified where the socket has only one, or none is known.
    public let local: IPAddress

    /// See the properties.
    public init(_ remote: IPAddress, port: UInt16, local: IPAddress = .unspecified) {
        self.remote = remote
        self.port = port
        self.local = local
    }

    /// - Parameters:
    ///   - address: 127.0.0.1 is 0x7F000001.
    ///   - port: the peer's UDP port.
    public init(ipv4 address: UInt32, port: UInt16) {
        self.init(IPAddress(ipv4: address), port: port)
    }

    /// Of the peer's address and port, and of the local address.
    public func hash(into hasher: inout Hasher) {
        // Three words instead of ten: this is done for every datagram.
        hasher.combine(remote.high ^ local.high)
        hasher.combine(remote.low)
        hasher.combine(local.low << 32 ^ UInt64(remote.zone) << 16 ^ UInt64(port))
    }

    /// What a cookie is bound to: all fields, in a fixed form.
    var cookieBytes: InlineArray<44, UInt8> {
        let (remoteBytes, localBytes) = (remote.bytes, local.bytes)
        let (port, remote, local) = (port, remote, local)
        return InlineArray { index in
            switch index {
            case 0..<16: remoteBytes[index]
            case 16..<32: localBytes[index - 16]
            case 32..<36: UInt8(truncatingIfNeeded: remote.zone >> (8 * UInt32(index - 32)))
            case 36..<40: UInt8(truncatingIfNeeded: local.zone >> (8 * UInt32(index - 36)))
            case 40..<42: UInt8(truncatingIfNeeded: port >> (8 * UInt16(index - 40)))
            case 42: remote.isIPv6 ? 6 : 4
            default: local.isIPv6 ? 6 : 4
            }
        }
    }

    /// The peer's address and port as in a URI's authority.
    public var description: String {
        remote.isIPv6 ? "[\(remote)]:\(port)" : "\(remote):\(port)"
    }
}
