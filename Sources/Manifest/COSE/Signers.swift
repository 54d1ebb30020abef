import FirmwareImage
import Flash

/// Which of a device's trusted keys signed.
public struct Signers: Sendable {
    /// Bit n: anchor n signed.
    private(set) var mask: UInt8 = 0
    /// The first one's key hash, as images name their key.
    public private(set) var first = SHA256Digest(value: Bytes32(repeating: 0))

    /// How many of them signed, 1…4.
    public var count: Int { mask.nonzeroBitCount }

    mutating func insert(anchor index: Int, keyHash: SHA256Digest) {
        if mask == 0 { first = keyHash }
        mask |= 1 << UInt8(index)
    }
}

/// Looks for the signatures of trusted keys.
///
/// A block whose key is unknown is passed over: keys come and go, and a release may be signed for devices that have
/// the old set and for those that have the new one.
struct SignatureCheck {
    /// How many blocks one envelope may have.
    static let maximumBlocks = 4
    /// How many signatures that do not verify are tried: a hostile envelope must not cost more than there can be keys.
    static let maximumFailures = TrustAnchors.capacity

    private(set) var signers = Signers()
    private var failures = 0
    private var unsupported: Int32?

    /// Tries a block with all keys that it may be by, and that have not signed another.
    mutating func add<Cryptography: DeviceCryptography>(
        _ block: SignatureBlock,
        _ bytes: RawSpan,
        payload: Slice,
        anchors: TrustAnchors,
        with cryptography: Cryptography.Type
    ) throws(ManifestError) {
        guard let algorithm = block.signatureAlgorithm else {
            unsupported = block.algorithm
            return
        }
        for index in 0..<anchors.count {
            guard let anchor = anchors[index], anchor.algorithm == algorithm, signers.mask >> UInt8(index) & 1 == 0
            else { continue }
            let keyHash = anchor.keyHash(with: Cryptography.SHA256())
            let hashBytes = keyHash.bytes.extracting(first: Int(block.keyID.byteCount))
            guard hashBytes.elementsEqual(bytes.extracting(block.keyID.range)) else { continue }
            guard failures < Self.maximumFailures else { throw .badSignature }
            if block.isValid(bytes, payload: payload, anchor: anchor, with: cryptography) {
                signers.insert(anchor: index, keyHash: keyHash)
                return
            }
            failures += 1
        }
    }

    /// - Parameter required: how many of the trusted keys must have signed; 0 counts as 1.
    /// - Returns: those that have.
    /// - Throws: the best reason if fewer have.
    func finish(required: UInt8) throws(ManifestError) -> Signers {
        let required = max(required, 1)
        let found = UInt8(truncatingIfNeeded: signers.count)
        if found >= required { return signers }
        if failures > 0 { throw .badSignature }
        if found > 0 { throw .tooFewSignatures(found: found, required: required) }
        if let unsupported { throw .unsupportedAlgorithm(unsupported) }
        throw .unknownKey
    }
}
