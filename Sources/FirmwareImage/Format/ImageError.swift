/// Why bytes are not an image that this device may boot.
public enum ImageError: Error, Equatable, Sendable {
    /// The source could not be read.
    case source(ByteSourceError)
    /// There is no image: the first bytes are not MCUboot's magic.
    case notAnImage
    /// The image says that it is longer than the slot, file or buffer that holds it.
    case truncated
    /// A header size below 32.
    case headerSize(UInt16)
    /// Flags that ask for what this bootloader does not do: encrypted, compressed, RAM-loaded, non-bootable, unknown.
    case unsupportedFlags(UInt32)
    /// A TLV area with another magic or size than it must have.
    case malformedTLVArea
    /// An entry that runs over the end of its area, or has another length than its type has.
    case malformedTLV(type: UInt16)
    /// More than one entry of a type of which there may be one.
    case duplicateTLV(type: UInt16)
    /// More entries than are looked at.
    case tooManyTLVs
    /// An entry outside the protected area that must be inside: no signature covers it there.
    case unprotectedTLV(type: UInt16)
    /// There is no SHA-256 entry.
    case missingDigest
    /// The digest of the bytes is not the one in the image: the image is damaged.
    case digestMismatch
    /// There is no signature by any trusted key.
    case unknownKey
    /// A trusted key's hash is there, but its signature does not verify.
    case badSignature
    /// The image has no product id and the device asks for one.
    case missingProduct(expected: UInt16)
    /// The image is for another product.
    case wrongProduct(found: UInt16, expected: UInt16)
    /// The image's security counter is below the device's: it may have a weakness that a confirmed image fixed.
    case securityCounterTooLow(found: UInt32, minimum: UInt32)
    /// The image's security counter is so far above the device's that it must be a mistake.
    case securityCounterTooHigh(found: UInt32, maximum: UInt32)
}
