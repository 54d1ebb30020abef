import Flash

extension TLVType {
    /// An encrypted image's key, encrypted with RSA; not supported.
    public static let encryptedKeyRSA2048 = TLVType(rawValue: 0x30)
    /// The same, wrapped by AES-KW; not supported.
    public static let encryptedKeyKW = TLVType(rawValue: 0x31)
    /// The same, by ECIES on P-256.
    public static let encryptedKeyP256 = TLVType(rawValue: 0x32)
    /// The same, by ECIES on X25519.
    public static let encryptedKeyX25519 = TLVType(rawValue: 0x33)
}

/// The TLV of an encrypted MCUboot image that holds its key: ECIES to a device's key (MCUboot `encrypted_images.md`).
///
/// Byte map (P-256 with an uncompressed point, X25519):
/// ```
/// offset  0..64 or 0..31      32 bytes                             16 bytes
///         ephemeral key       HMAC-SHA256 of the encrypted key     the key, encrypted by AES-128 in counter mode
/// ```
/// Header and TLVs of such an image are plain, its body is encrypted with this key from a counter of zero on, and
/// digest and signature are those of the plain image. So what stands here is covered by no signature: a wrong key gives
/// a body whose digest is wrong.
public struct EncryptedKey: Sendable {
    /// The curve of the device's key.
    public let curve: AgreementCurve
    private var publicKey = InlineArray<33, UInt8>(repeating: 0)
    private var code = InlineArray<32, UInt8>(repeating: 0)
    private var encrypted = InlineArray<16, UInt8>(repeating: 0)

    /// Reads a TLV's value.
    ///
    /// - Parameters:
    ///   - type: the TLV's; others than the two above with ECIES give `nil`.
    ///   - value: its value; a wrong length or point form gives `nil`.
    public init?(_ type: TLVType, value: RawSpan) {
        let pointByteCount: Int
        switch type {
        case .encryptedKeyX25519:
            curve = .x25519
            pointByteCount = 32
        case .encryptedKeyP256:
            curve = .p256
            pointByteCount = 65
        default:
            return nil
        }
        guard value.byteCount == pointByteCount + 48 else { return nil }
        if curve == .p256 {
            guard value.byte(at: 0) == 4 else { return nil }
            publicKey[0] = 2 | value.byte(at: 64) & 1
            for index in 1...32 { publicKey[index] = value.byte(at: index) }
        } else {
            for index in 0..<32 { publicKey[index] = value.byte(at: index) }
        }
        for index in 0..<32 { code[index] = value.byte(at: pointByteCount + index) }
        for index in 0..<16 { encrypted[index] = value.byte(at: pointByteCount + 32 + index) }
    }

    /// Decrypts the key.
    ///
    /// - Parameter cryptography: the device's library and private key.
    /// - Returns: the key; `nil`: it is not for this device's key, or damaged.
    public func contentKey<Cryptography: DecryptionCryptography>(
        with cryptography: Cryptography
    ) -> ContentKey? {
        var derived = InlineArray<48, UInt8>(repeating: 0)
        let info = Self.info
        do {
            var span = derived.mutableSpan
            var bytes = span.mutableBytes
            let key = publicKey.span.bytes.extracting(first: curve.keyByteCount)
            guard cryptography.deriveKey(curve, publicKey: key, info: info.span.bytes, into: &bytes) else { return nil }
        }
        let derivedBytes = derived.span.bytes
        guard
            cryptography.isValidHMACSHA256(
                code.span.bytes,
                message: encrypted.span.bytes,
                key: derivedBytes.extracting(droppingFirst: 16)
            ), let wrapping = ContentKey(key: derivedBytes.extracting(first: 16))
        else { return nil }
        var plain = encrypted
        do {
            var span = plain.mutableSpan
            var bytes = span.mutableBytes
            wrapping.apply(to: &bytes, at: 0, with: cryptography)
        }
        return ContentKey(key: plain.span.bytes)
    }

    /// "MCUBoot_ECIES_v1".
    private static var info: InlineArray<16, UInt8> {
        [0x4D, 0x43, 0x55, 0x42, 0x6F, 0x6F, 0x74, 0x5F, 0x45, 0x43, 0x49, 0x45, 0x53, 0x5F, 0x76, 0x31]
    }
}
