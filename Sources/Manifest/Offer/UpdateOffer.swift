public import FirmwareImage

/// How a payload becomes an image.
public enum PayloadCodec: UInt8, Sendable {
    /// It is the image.
    case image = 0
    /// A .lzma stream, see `PayloadDecoder`.
    case lzma = 1
    /// The delta format, with or without a precursor, see `PayloadDecoder`.
    case delta = 2
}

/// What is downloaded.
public struct PayloadDescription: Sendable {
    /// Where it is.
    public let uri: PayloadURI
    /// Bytes on the wire.
    public let sizeBytes: UInt32
    /// SHA-256 over the bytes on the wire, 16…32 bytes of it; what is encrypted is encrypted there.
    public let digest: DigestPrefix
    /// What makes the image of it, after decryption.
    public let codec: PayloadCodec
    /// Of the image that a delta is made against, all of its bytes; 8…32 bytes. `nil`: it is not a delta.
    public let precursor: DigestPrefix?
    /// Room that image and staged payload need together, in bytes; at least the image's size.
    public let roomBytes: UInt32
    /// How the content key is got; `nil`: the payload is plain.
    public let encryption: EncryptionInfo?
    /// Digests of its blocks; `nil`: there are none.
    public let blocks: BlockDigests?
}

/// An update as a verified manifest offers it: all that can be judged before anything is downloaded.
public struct UpdateOffer: Sendable {
    /// Of the manifest; counts a product's releases.
    public let sequenceNumber: UInt32
    /// Which trusted keys signed the manifest.
    public let signers: Signers
    /// The product; `nil`: the manifest names none, and the device did not ask.
    public let productID: UInt16?
    /// The image's version; `nil`: it is not in the manifest.
    public let version: ImageVersion?
    /// The image's security counter; 0: it has none.
    public let securityCounter: UInt32
    /// First bytes of the hash of the key that signed the image; `nil`: one of the manifest's signers did.
    public let imageKey: DigestPrefix?
    /// SHA-256 over all bytes of the image, TLVs included.
    public let imageDigest: SHA256Digest
    /// Bytes of the image.
    public let imageSizeBytes: UInt32
    /// What to download.
    public let payload: PayloadDescription

    /// Finds out whether a device can take this.
    ///
    /// - Parameters:
    ///   - state: what the device has.
    ///   - anchors: the keys it trusts, for the image's.
    ///   - cryptography: the device's.
    /// - Throws: `securityCounterTooLow`, `securityCounterTooHigh`, `imageKeyNotTrusted`, `wrongPrecursor`, `noRoom`,
    ///   `wrongRecipient`. Whether the version is wanted is the caller's to say.
    public func check<Cryptography: DeviceCryptography>(
        _ state: DeviceState,
        anchors: TrustAnchors,
        with cryptography: Cryptography.Type
    ) throws(ManifestError) {
        let counters = state.securityCounters
        guard securityCounter >= counters.lowerBound else {
            throw .securityCounterTooLow(found: securityCounter, minimum: counters.lowerBound)
        }
        guard securityCounter <= counters.upperBound else {
            throw .securityCounterTooHigh(found: securityCounter, maximum: counters.upperBound)
        }
        if let imageKey {
            var isTrusted = false
            for index in 0..<anchors.count {
                if let anchor = anchors[index], imageKey.matches(anchor.keyHash(with: Cryptography.SHA256())) {
                    isTrusted = true
                }
            }
            guard isTrusted else { throw .imageKeyNotTrusted }
        }
        if let precursor = payload.precursor {
            guard let running = state.runningImage, precursor.matches(running) else { throw .wrongPrecursor }
        }
        guard payload.roomBytes <= state.roomBytes else {
            throw .noRoom(neededBytes: payload.roomBytes, availableBytes: state.roomBytes)
        }
        guard payload.encryption == nil || state.canDecrypt else { throw .wrongRecipient }
    }
}
