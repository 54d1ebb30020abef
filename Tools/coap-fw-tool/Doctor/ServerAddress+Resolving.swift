import CCoAP
import Glibc
import HostSupport

extension ServerAddress {
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
