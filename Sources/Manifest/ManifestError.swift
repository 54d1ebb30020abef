/// Why an envelope, or what belongs to it, was refused.
///
/// ``code`` is stable: it travels in reports to the server and stands in docs/manifest.md.
public enum ManifestError: Error, Equatable, Sendable {
    // CBOR

    /// An item goes past the end of what holds it.
    case truncated
    /// Something follows the last item.
    case trailingBytes
    /// A number or length in more bytes than it needs (RFC 8949 § 4.2.1), or a reserved encoding.
    case notDeterministic
    /// A string, array or map of indefinite length.
    case indefiniteLength
    /// An item of another type, or an array or map of another size, than there must be.
    case unexpectedType
    /// A number of more than 32 bits, or out of its field's range.
    case numberTooLarge
    /// The keys of a map repeat or do not ascend.
    case keyOrder
    /// Longer than a device reads.
    case tooLarge(byteCount: Int)

    // Envelope and manifest

    /// Not a tagged SUIT envelope.
    case notAnEnvelope
    /// A manifest of another version than 1.
    case unsupportedVersion(UInt32)
    /// A member of envelope, manifest or common that is not supported; the number is its key.
    case unsupportedMember(Int32)
    /// A member that must be there is not.
    case missingMember(Int32)
    /// A digest of another algorithm than SHA-256; the number is the algorithm's.
    case unsupportedDigest(Int32)
    /// A severed member is not the one that the manifest has the digest of.
    case severedMember(Int32)

    // Authentication

    /// The manifest's bytes do not have the digest that was signed.
    case digestMismatch
    /// An authentication block that is no COSE_Sign1, or has headers that are not supported.
    case unsupportedAuthentication
    /// No block is signed by an algorithm that is supported; the number is the last one's.
    case unsupportedAlgorithm(Int32)
    /// More blocks than are looked at.
    case tooManySignatures
    /// No signature by a trusted key.
    case unknownKey
    /// A signature of a trusted key that does not verify.
    case badSignature
    /// Fewer trusted keys signed than must have.
    case tooFewSignatures(found: UInt8, required: UInt8)

    // For this device

    /// Older than what this device has accepted.
    case sequenceTooLow(found: UInt32, minimum: UInt32)
    /// So far above what this device has accepted that it must be a mistake.
    case sequenceTooHigh(found: UInt32, maximum: UInt32)
    /// For another vendor's devices.
    case wrongVendor
    /// For another class of devices.
    case wrongClass
    /// For another slot of the component.
    case wrongSlot
    /// For another product; `nil`: for none.
    case wrongProduct(found: UInt16?, expected: UInt16)
    /// The image's security counter is below the device's.
    case securityCounterTooLow(found: UInt32, minimum: UInt32)
    /// The image's security counter is so far above the device's that it must be a mistake.
    case securityCounterTooHigh(found: UInt32, maximum: UInt32)
    /// The image is signed by a key that this device does not trust.
    case imageKeyNotTrusted
    /// A delta for another image than the one that runs.
    case wrongPrecursor
    /// The payload needs more room than there is.
    case noRoom(neededBytes: UInt32, availableBytes: UInt32)

    // Commands

    /// A condition or directive that is not supported. All commands are critical.
    case unsupportedCommand(Int32)
    /// A command in a sequence that may not have it.
    case commandNotAllowed(Int32)
    /// A parameter that is not supported.
    case unsupportedParameter(Int32)
    /// A command without the parameter that it needs.
    case missingParameter(Int32)
    /// A sequence in a sequence in a sequence.
    case nestedTooDeep
    /// A component that there is not.
    case noSuchComponent
    /// More components than a device has.
    case severalComponents(Int)
    /// The manifest says that it is not to be installed.
    case aborted
    /// There is nothing to fetch.
    case nothingToFetch
    /// More than one payload is to be fetched.
    case severalPayloads

    // Payload

    /// A field of the update information that is not supported.
    case unsupportedInformation(Int32)
    /// A field of the update information that must be there is not.
    case missingInformation(Int32)
    /// A field whose value cannot be.
    case malformedInformation(Int32)
    /// A codec that is not supported.
    case unsupportedCodec(UInt32)
    /// A URI that is empty, too long, or has characters that none has.
    case malformedURI

    // Encryption

    /// Encryption of a kind that is not supported.
    case unsupportedEncryption
    /// The content key is not for this device's key.
    case wrongRecipient

    // Freshness

    /// The answer is to another request.
    case wrongNonce
    /// The answer is no longer valid.
    case expired(at: UInt32)

    // Block digests

    /// The list is not the one that the manifest has the digest of.
    case blockListMismatch
    /// A block that there is not, or that has another length.
    case noSuchBlock(UInt32)
    /// A block is not the one that the list has the digest of.
    case blockMismatch(UInt32)
    /// The list of digests could not be read.
    case unreadableBlockList
}
