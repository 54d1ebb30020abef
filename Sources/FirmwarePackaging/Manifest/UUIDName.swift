import Crypto
public import Manifest

extension DeviceIdentity.Identifier {
    /// A vendor's identifier: the UUID of a domain name that it owns (version 5 in the DNS namespace), as SUIT
    /// recommends.
    public init(vendorDomain: String) {
        // RFC 9562 § 6.6.
        self.init(
            namespace: [
                0x6B, 0xA7, 0xB8, 0x10, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8,
            ],
            name: vendorDomain
        )
    }

    /// A class's identifier: the UUID of its name in the vendor's namespace.
    public init(className: String, vendor: DeviceIdentity.Identifier) {
        self.init(namespace: vendor.bytes.array, name: className)
    }

    /// RFC 9562 § 5.5.
    private init(namespace: [UInt8], name: String) {
        var digest = Array(Insecure.SHA1.hash(data: namespace + Array(name.utf8)).prefix(16))
        digest[6] = digest[6] & 0x0F | 0x50
        digest[8] = digest[8] & 0x3F | 0x80
        guard let identifier = Self(bytes: digest.span.bytes) else { preconditionFailure("a UUID has 16 bytes") }
        self = identifier
    }
}
