import FirmwareImage
import HostCryptography

/// How an image is made of a binary.
public struct ImageParameters: Equatable, Sendable {
    /// Bytes before the binary, the 32 of the header itself included.
    ///
    /// 0x200 is what is usual for Cortex-M (Zephyr's `ROM_START_OFFSET`, for example): the vector table behind the
    /// header must lie at a multiple of its size rounded up to a power of two, and 512 bytes do for up to 112
    /// interrupts. The binary must be linked for this offset.
    public static let defaultHeaderSizeBytes: UInt16 = 0x200

    /// The image's version.
    public var version: ImageVersion
    /// The product that the image is for; it goes into the protected area, so the signature covers it.
    public var productID: UInt16?
    /// See ``defaultHeaderSizeBytes``.
    public var headerSizeBytes: UInt16
    /// MCUboot's SEC_CNT, if the product uses it.
    public var securityCounter: UInt32?
    /// What erased flash reads as: 0xFF, or 0x00 on some parts. Fills the header's padding, as imgtool does.
    public var erasedValue: UInt8

    /// - Parameters:
    ///   - version: Of the image.
    ///   - productID: The product that the image is for.
    ///   - headerSizeBytes: 32 or more.
    ///   - securityCounter: SEC_CNT, if the product uses it.
    ///   - erasedValue: 0xFF or 0x00.
    public init(
        version: ImageVersion,
        productID: UInt16?,
        headerSizeBytes: UInt16 = ImageParameters.defaultHeaderSizeBytes,
        securityCounter: UInt32? = nil,
        erasedValue: UInt8 = 0xFF
    ) {
        self.version = version
        self.productID = productID
        self.headerSizeBytes = headerSizeBytes
        self.securityCounter = securityCounter
        self.erasedValue = erasedValue
    }
}

/// Why no image was made.
public enum PackagingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The binary is none that a device can run.
    case binary(BinaryProblem)
    /// The parameters or sizes do not fit the format.
    case image(ImageError)
    case key(KeyError)

    /// One line for a person.
    public var description: String {
        switch self {
        case .binary(let problem): "\(problem)"
        case .image(.headerSize(let size)): "a header of \(size) bytes is too small; MCUboot's needs 32"
        case .image(.truncated): "the binary is too large for an image"
        case .image(let error): "the image cannot be made: \(error)"
        case .key(let error): "the key \(error)"
        }
    }
}

/// Makes MCUboot images, byte for byte as
/// `imgtool sign --pad-header --header-size … --version … --custom-tlv 0x00a0 … --key …` does.
public enum SignedImage {
    /// Signs a binary.
    ///
    /// - Parameters:
    ///   - binary: What runs on the device, from its vector table on.
    ///   - parameters: What goes into header and protected area.
    ///   - key: Signs the image digest.
    /// - Returns: Header, padding, binary, protected TLVs (SEC_CNT, product) and TLVs (SHA256, KEYHASH, ED25519 or
    ///   ECDSA_SIG).
    /// - Throws: ``PackagingError``.
    public static func make(
        binary: [UInt8],
        parameters: ImageParameters,
        key: SigningKey
    ) throws(PackagingError) -> [UInt8] {
        if let problem = BinaryProblem(in: binary) { throw .binary(problem) }
        var entries: [ImageAssembler.Entry] = []
        if let counter = parameters.securityCounter { entries.append(.securityCounter(counter)) }
        if let productID = parameters.productID { entries.append(.productID(productID)) }
        do throws(ImageError) {
            var unsigned = try ImageAssembler.unsigned(
                body: binary,
                version: parameters.version,
                headerSizeBytes: parameters.headerSizeBytes,
                protectedEntries: entries
            )
            for index in ImageHeader.byteCount..<Int(parameters.headerSizeBytes) {
                unsigned[index] = parameters.erasedValue
            }
            return try sign(unsigned, key)
        } catch {
            throw .image(error)
        }
    }

    private static func sign(_ unsigned: [UInt8], _ key: SigningKey) throws(ImageError) -> [UInt8] {
        var hash = HostCryptography.SHA256()
        hash.update(unsigned.span.bytes)
        let digest = hash.finalize()
        // A key that was read or generated signs and hashes; nothing of it can fail any more.
        guard let keyHash = try? key.verificationKey.keyHash(), let signature = try? key.signature(of: digest) else {
            throw .unknownKey
        }
        return try ImageAssembler.signed(
            unsigned,
            digest: digest,
            keyHash: keyHash,
            signature: signature.tlv.value,
            type: signature.tlv.type
        )
    }
}
