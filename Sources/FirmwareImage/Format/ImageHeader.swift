import Flash

/// The header at the start of every image.
///
/// Byte map (MCUboot `image.h`, `image_header`; little-endian):
/// ```
/// offset  0..3   4..7          8..9         10..11              12..15     16..19  20..27   28..31
///         magic  load address  header size  protected TLV size  body size  flags   version  zero
/// ```
/// The body starts at `headerSizeBytes`, which is at least 32 (imgtool pads the rest with 0xFF so that a vector table
/// is aligned); the protected TLV area, if any, follows the body.
public struct ImageHeader: Equatable, Sendable {
    /// `IMAGE_MAGIC`.
    public static let magic: UInt32 = 0x96F3_B83D
    /// The number of bytes that are defined; `headerSizeBytes` may be larger.
    public static let byteCount = 32

    /// Where a RAM-loaded or fixed image goes; 0 otherwise.
    public var loadAddress: UInt32
    /// Bytes before the body, 32 or more.
    public var headerSizeBytes: UInt16
    /// With its four-byte information header; 0: there is no protected area.
    public var protectedTLVSizeBytes: UInt16
    /// Bytes of the body: the binary itself.
    public var bodySizeBytes: UInt32
    /// What the image asks of the bootloader.
    public var flags: ImageFlags
    /// The image's version.
    public var version: ImageVersion

    /// A header of these fields.
    public init(
        version: ImageVersion,
        bodySizeBytes: UInt32,
        headerSizeBytes: UInt16 = 32,
        protectedTLVSizeBytes: UInt16 = 0,
        flags: ImageFlags = [],
        loadAddress: UInt32 = 0
    ) {
        self.loadAddress = loadAddress
        self.headerSizeBytes = headerSizeBytes
        self.protectedTLVSizeBytes = protectedTLVSizeBytes
        self.bodySizeBytes = bodySizeBytes
        self.flags = flags
        self.version = version
    }

    /// The offset of the first TLV area; below 2³³, so never an overflow.
    public var tlvOffset: UInt64 { UInt64(headerSizeBytes) + UInt64(bodySizeBytes) }

    /// The number of bytes that the image digest covers: header, body and protected TLVs.
    public var hashedSizeBytes: UInt64 { tlvOffset + UInt64(protectedTLVSizeBytes) }
}

extension ImageHeader {
    /// Reads the first 32 bytes of an image.
    ///
    /// - Throws: `truncated` for fewer than 32 bytes, `notAnImage` for another magic, `headerSize` for a header size
    ///   below 32. The sizes are not compared with anything else here: that needs the whole image's size.
    public init(decoding bytes: RawSpan) throws(ImageError) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        guard bytes.littleEndianUInt32(at: 0) == Self.magic else { throw .notAnImage }
        loadAddress = bytes.littleEndianUInt32(at: 4)
        headerSizeBytes = bytes.littleEndianUInt16(at: 8)
        protectedTLVSizeBytes = bytes.littleEndianUInt16(at: 10)
        bodySizeBytes = bytes.littleEndianUInt32(at: 12)
        flags = ImageFlags(rawValue: bytes.littleEndianUInt32(at: 16))
        version = ImageVersion(decoding: bytes, at: 20)
        guard Int(headerSizeBytes) >= Self.byteCount else { throw .headerSize(headerSizeBytes) }
    }

    /// Writes the 32 bytes.
    ///
    /// - Throws: `truncated` if `bytes` is shorter than 32.
    public func encode(into bytes: inout MutableRawSpan) throws(ImageError) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        bytes.storeLittleEndian(Self.magic, at: 0)
        bytes.storeLittleEndian(loadAddress, at: 4)
        bytes.storeLittleEndian(headerSizeBytes, at: 8)
        bytes.storeLittleEndian(protectedTLVSizeBytes, at: 10)
        bytes.storeLittleEndian(bodySizeBytes, at: 12)
        bytes.storeLittleEndian(flags.rawValue, at: 16)
        version.encode(into: &bytes, at: 20)
        bytes.storeLittleEndian(UInt32(0), at: 28)
    }
}
