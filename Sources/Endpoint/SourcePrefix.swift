/// Where peers come from that are taken for one when they are counted: whoever holds one address of a prefix is likely
/// to hold all.
///
/// An IPv4 address is a prefix of its own: behind it is a household or a site, and its neighbours are others'. Of IPv6
/// a household is given a /56 or more (RFC 6177), and may use as many addresses of it as it likes.
public struct SourcePrefix: Hashable, Sendable, CustomStringConvertible {
    /// The prefix's first address.
    public let address: IPAddress
    /// 0…32, or 0…128 for IPv6.
    public let bits: Int

    /// The prefix of this many bits that the address lies in.
    public init(of address: IPAddress, bits: Int) {
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits)) }
        if address.isIPv6 {
            self.address = IPAddress(ipv6: address.high & mask(bits), address.low & mask(bits - 64), zone: address.zone)
        } else {
            self.address = IPAddress(ipv4: UInt32(truncatingIfNeeded: address.low & mask(bits + 32)))
        }
        self.bits = bits
    }

    /// `192.0.2.0/24`, `2001:db8::/64`.
    public var description: String {
        bits == (address.isIPv6 ? 128 : 32) ? "\(address)" : "\(address)/\(bits)"
    }
}
