import CUDPSockets
import Endpoint

extension IPAddress {
    /// Whether it stands for all addresses of the host: 0.0.0.0 or ::.
    public var isWildcard: Bool { high == 0 && low == 0 }

    /// Nil: no address.
    init?(_ raw: cudp_address) {
        let words = unsafeBitCast(raw.bytes, to: (UInt64, UInt64).self)
        switch raw.family {
        case 4: self.init(ipv4: UInt32(truncatingIfNeeded: UInt64(bigEndian: words.0) >> 32))
        case 6: self.init(ipv6: UInt64(bigEndian: words.0), UInt64(bigEndian: words.1), zone: raw.zone)
        default: return nil
        }
    }

    func raw(port: UInt16) -> cudp_address {
        var raw = cudp_address()
        let words = isIPv6 ? (high.bigEndian, low.bigEndian) : ((low << 32).bigEndian, 0)
        raw.bytes = unsafeBitCast(words, to: type(of: raw.bytes))
        raw.zone = zone
        raw.port = port
        raw.family = isIPv6 ? 6 : 4
        return raw
    }
}
