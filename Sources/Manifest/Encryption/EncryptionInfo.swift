public import FirmwareImage
import Flash

/// How the content key of a payload is encrypted: a COSE_Encrypt with one recipient (RFC 9459,
/// draft-ietf-suit-firmware-encryption).
///
/// ```
/// 96([ h'', { 1: -65534 (A128CTR), 5: counter }, nil,
///      [[ << { 1: -29 (ECDH-ES + A128KW) } >>, { -1: ephemeral key, ? 4: key id }, wrapped key ]] ])
/// ```
/// Counter mode, because blocks arrive in any order and are decrypted wherever they are; its integrity comes from the
/// digests that the manifest's signature covers.
public struct EncryptionInfo: Sendable {
    /// The curve of the device's key.
    public private(set) var curve = AgreementCurve.x25519
    private var publicKey = InlineArray<33, UInt8>(repeating: 0)
    private var wrapped = InlineArray<24, UInt8>(repeating: 0)
    private var counter = InlineArray<16, UInt8>(repeating: 0)

    /// - Throws: `unsupportedEncryption` for everything but the structure above, or what CBOR has against it.
    init(_ bytes: RawSpan, _ slice: Slice) throws(ManifestError) {
        var reader = CBORReader(bytes, slice)
        try reader.tag(96)
        try reader.array(count: 4)
        // RFC 9459 § 4: nothing is authenticated, so there is no protected header.
        guard try reader.byteString().isEmpty, try reader.map() == 2 else { throw .unsupportedEncryption }
        var found = 0
        for _ in 0..<2 {
            switch try reader.integer() {
            case 1:
                guard try reader.integer() == -65534 else { throw .unsupportedEncryption }
                found |= 1
            case 5:
                Self.copy(bytes, try reader.byteString(count: 16), into: &counter, at: 0)
                found |= 2
            default: throw .unsupportedEncryption
            }
        }
        guard found == 3 else { throw .keyOrder }
        try reader.null()
        guard try reader.array() == 1 else { throw .unsupportedEncryption }
        try readRecipient(&reader, bytes)
        try reader.finish()
    }

    private mutating func readRecipient(_ reader: inout CBORReader, _ bytes: RawSpan) throws(ManifestError) {
        try reader.array(count: 3)
        var header = CBORReader(bytes, try reader.byteString())
        guard try header.map() == 1, try header.integer() == 1, try header.integer() == -29 else {
            throw .unsupportedEncryption
        }
        try header.finish()
        var found = 0
        let count = try reader.map()
        guard (1...2).contains(count) else { throw .unsupportedEncryption }
        for _ in 0..<count {
            switch try reader.integer() {
            case -1:
                try readKey(&reader, bytes)
                found |= 1
            case 4:
                _ = try reader.byteString()
                found |= 2
            default: throw .unsupportedEncryption
            }
        }
        guard found == (1 << count) - 1 else { throw .keyOrder }
        Self.copy(bytes, try reader.byteString(count: 24), into: &wrapped, at: 0)
    }

    /// A COSE_Key (RFC 9053 § 7): `{ 1: 1, -1: 4, -2: x }`, or `{ 1: 2, -1: 1, -2: x, -3: y or its sign }`.
    private mutating func readKey(_ reader: inout CBORReader, _ bytes: RawSpan) throws(ManifestError) {
        let count = try reader.map()
        guard try reader.integer() == 1 else { throw .unsupportedEncryption }
        let type = try reader.integer()
        guard try reader.integer() == -1 else { throw .unsupportedEncryption }
        let curveNumber = try reader.integer()
        switch (type, curveNumber, count) {
        case (1, 4, 3): curve = .x25519
        case (2, 1, 4): curve = .p256
        default: throw .unsupportedEncryption
        }
        guard try reader.integer() == -2 else { throw .unsupportedEncryption }
        Self.copy(bytes, try reader.byteString(count: 32), into: &publicKey, at: curve == .p256 ? 1 : 0)
        guard curve == .p256 else { return }
        guard try reader.integer() == -3 else { throw .unsupportedEncryption }
        var isOdd = false
        if reader.nextIsByteString {
            isOdd = bytes.byte(at: try reader.byteString(count: 32).range.upperBound - 1) & 1 == 1
        } else {
            isOdd = try reader.bool()
        }
        publicKey[0] = isOdd ? 3 : 2
    }

    private static func copy<let count: Int>(
        _ bytes: RawSpan,
        _ slice: Slice,
        into storage: inout InlineArray<count, UInt8>,
        at offset: Int
    ) {
        for index in 0..<Int(slice.byteCount) {
            storage[offset + index] = bytes.byte(at: Int(slice.start) + index)
        }
    }

    /// Unwraps the content key.
    ///
    /// - Parameter cryptography: the device's library and private key.
    /// - Returns: the key.
    /// - Throws: `wrongRecipient`: it is not for this device's key.
    public func contentKey<Cryptography: DecryptionCryptography>(
        with cryptography: Cryptography
    ) throws(ManifestError) -> ContentKey {
        var wrapping = InlineArray<16, UInt8>(repeating: 0)
        var plain = InlineArray<16, UInt8>(repeating: 0)
        let context = Self.context
        do {
            var span = wrapping.mutableSpan
            var output = span.mutableBytes
            let key = publicKey.span.bytes.extracting(first: curve.keyByteCount)
            guard cryptography.deriveKey(curve, publicKey: key, info: context.span.bytes, into: &output) else {
                throw .wrongRecipient
            }
        }
        do {
            var span = plain.mutableSpan
            var output = span.mutableBytes
            guard cryptography.unwrapKey(wrapped.span.bytes, key: wrapping.span.bytes, into: &output) else {
                throw .wrongRecipient
            }
        }
        guard let key = ContentKey(key: plain.span.bytes, counter: counter.span.bytes) else { throw .wrongRecipient }
        return key
    }

    /// The COSE_KDF_Context (RFC 9053 § 5.2), encoded:
    /// `[-3 (A128KW), [nil, nil, nil], [nil, nil, nil], [128, << { 1: -29 } >>, 'SUIT Payload Encryption']]`.
    package static var context: InlineArray<42, UInt8> {
        [
            0x84, 0x22, 0x83, 0xF6, 0xF6, 0xF6, 0x83, 0xF6, 0xF6, 0xF6, 0x83, 0x18, 0x80, 0x44, 0xA1, 0x01, 0x38, 0x1C,
            0x57, 0x53, 0x55, 0x49, 0x54, 0x20, 0x50, 0x61, 0x79, 0x6C, 0x6F, 0x61, 0x64, 0x20, 0x45, 0x6E, 0x63, 0x72,
            0x79, 0x70, 0x74, 0x69, 0x6F, 0x6E,
        ]
    }
}
