import FirmwareImage
import Flash

/// A COSE_Sign1, read in place (RFC 9052 § 4.2), and what was signed.
///
/// ```
/// 18([ << { 1: algorithm } >>, { ? 4: key id }, nil or payload, signature ])
/// ```
struct SignatureBlock {
    /// -8 and -19: Ed25519. -7 and -9: ECDSA on P-256 with SHA-256 (RFC 9053 § 2, RFC 9864 § 2).
    let algorithm: Int32
    /// The first bytes of the signer's key hash; empty: any key of the algorithm.
    private(set) var keyID = Slice()
    /// Empty: detached.
    private(set) var payload = Slice()
    let signature: Slice
    private let protected: Slice

    /// The signature algorithm; `nil`: it is not supported.
    var signatureAlgorithm: SignatureAlgorithm? {
        switch algorithm {
        case -8, -19: .ed25519
        case -7, -9: .ecdsaP256
        default: nil
        }
    }

    /// - Parameters:
    ///   - bytes: what the slice is of.
    ///   - slice: the tagged COSE_Sign1.
    /// - Throws: `unsupportedAuthentication` for another structure and for headers that are not supported, critical or
    ///   not; or what CBOR has against it.
    init(_ bytes: RawSpan, _ slice: Slice) throws(ManifestError) {
        var reader = CBORReader(bytes, slice)
        do throws(ManifestError) {
            try reader.tag(18)
        } catch {
            throw error == .unexpectedType ? .unsupportedAuthentication : error
        }
        try reader.array(count: 4)
        protected = try reader.byteString()
        // What is signed is put together in a buffer.
        guard protected.byteCount <= 8 else { throw .unsupportedAuthentication }
        var header = CBORReader(bytes, protected)
        guard try header.map() == 1, try header.integer() == 1 else { throw .unsupportedAuthentication }
        algorithm = try header.integer()
        try header.finish()
        let count = try reader.map()
        if count > 0 {
            guard count == 1, try reader.integer() == 4 else { throw .unsupportedAuthentication }
            keyID = try reader.byteString()
            guard keyID.byteCount <= 32 else { throw .unsupportedAuthentication }
        }
        if reader.nextIsByteString {
            payload = try reader.byteString()
        } else {
            try reader.null()
        }
        signature = try reader.byteString()
        try reader.finish()
    }

    /// Whether the signature verifies under a key.
    ///
    /// - Parameters:
    ///   - bytes: what was read.
    ///   - payload: what was signed, at most 64 bytes.
    ///   - anchor: the key, of this block's algorithm.
    ///   - cryptography: the device's.
    /// - Returns: whether it does.
    @inline(never)
    func isValid<Cryptography: DeviceCryptography>(
        _ bytes: RawSpan,
        payload: Slice,
        anchor: TrustAnchor,
        with cryptography: Cryptography.Type
    ) -> Bool {
        guard signature.byteCount == 64 else { return false }
        let message = SignedMessage(bytes, protected: protected, payload: payload)
        let signatureBytes = bytes.extracting(signature.range)
        let key = anchor.storage
        let keyBytes = key.span.bytes.extracting(first: anchor.algorithm.keyByteCount)
        switch anchor.algorithm {
        case .ed25519:
            return Cryptography.isValidEd25519(
                signature: signatureBytes,
                message: message.bytes,
                publicKey: keyBytes
            )
        case .ecdsaP256:
            var hash = Cryptography.SHA256()
            hash.update(message.bytes)
            return Cryptography.isValidECDSAP256(
                signature: signatureBytes,
                digest: hash.finalize(),
                publicKey: keyBytes
            )
        }
    }
}

/// The Sig_structure of a COSE_Sign1 (RFC 9052 § 4.4), encoded: `["Signature1", protected, h'', payload]`.
///
/// No signature over it is one over an image's digest or a rotation of keys: those are of 32 bytes, or of bytes that
/// begin otherwise. And a manifest's payload is an array, that of a freshness answer a map.
struct SignedMessage {
    static let maximumPayloadByteCount = 64

    private var storage = InlineArray<96, UInt8>(repeating: 0)
    private var byteCount = 0

    /// - Parameters:
    ///   - bytes: what the slices are of.
    ///   - protected: at most 8 bytes.
    ///   - payload: at most 64 bytes.
    init(_ bytes: RawSpan, protected: Slice, payload: Slice) {
        append(0x84)
        append(0x6A)
        // "Signature1"
        let context: InlineArray<10, UInt8> = [0x53, 0x69, 0x67, 0x6E, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31]
        for index in 0..<10 { append(context[index]) }
        append(bytes, protected)
        append(0x40)
        append(bytes, payload)
    }

    private mutating func append(_ byte: UInt8) {
        storage[byteCount] = byte
        byteCount += 1
    }

    private mutating func append(_ bytes: RawSpan, _ slice: Slice) {
        if slice.byteCount < 24 {
            append(0x40 | UInt8(truncatingIfNeeded: slice.byteCount))
        } else {
            append(0x58)
            append(UInt8(truncatingIfNeeded: slice.byteCount))
        }
        for offset in slice.range { append(bytes.byte(at: offset)) }
    }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { storage.span.bytes.extracting(first: byteCount) }
    }
}
