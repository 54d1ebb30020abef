/// The type of a TLV entry (MCUboot `image.h`, `IMAGE_TLV_…`).
public struct TLVType: RawRepresentable, Hashable, Sendable {
    /// The number as the image has it.
    public let rawValue: UInt16

    /// Any number: an image may have entries that this project does not know.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// SHA-256 of the signing key's DER SubjectPublicKeyInfo; comes before its signature.
    public static let keyHash = TLVType(rawValue: 0x01)
    /// The whole public key instead of its hash; not supported.
    public static let publicKey = TLVType(rawValue: 0x02)
    /// The image digest.
    public static let sha256 = TLVType(rawValue: 0x10)
    /// A SHA-384 image digest; not supported.
    public static let sha384 = TLVType(rawValue: 0x11)
    /// A SHA-512 image digest; not supported.
    public static let sha512 = TLVType(rawValue: 0x12)
    /// An RSA signature of 2048 bits; not supported.
    public static let rsa2048 = TLVType(rawValue: 0x20)
    /// DER of an ECDSA signature; here on P-256 over the image digest.
    public static let ecdsa = TLVType(rawValue: 0x22)
    /// An RSA signature of 3072 bits; not supported.
    public static let rsa3072 = TLVType(rawValue: 0x23)
    /// 64 bytes of Ed25519 over the 32 bytes of the image digest.
    public static let ed25519 = TLVType(rawValue: 0x24)
    /// Says that the signature is over the image instead of its digest; not supported.
    public static let pureSignature = TLVType(rawValue: 0x25)
    /// The version of another image that this one needs; not checked.
    public static let dependency = TLVType(rawValue: 0x40)
    /// u32, little-endian.
    public static let securityCounter = TLVType(rawValue: 0x50)
    /// A record for measured boot; not used.
    public static let bootRecord = TLVType(rawValue: 0x60)
    /// This system's product id (PID), u16 little-endian, first of MCUboot's vendor range 0x00A0…0x00FF. Only the
    /// protected area counts.
    public static let productID = TLVType(rawValue: 0x00A0)

    /// Whether the entry may be in the unprotected area: what describes hash and signature, as in MCUboot's
    /// `allowed_unprot_tlvs` (`image_validate.c`), without the keys of encrypted images.
    var isAllowedUnprotected: Bool {
        switch self {
        case .keyHash, .publicKey, .sha256, .sha384, .sha512, .rsa2048, .ecdsa, .rsa3072, .ed25519: true
        default: false
        }
    }
}
