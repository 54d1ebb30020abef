import Flash

/// Where one TLV entry's value is.
///
/// Byte map of an entry (MCUboot `image.h`, `image_tlv`; little-endian):
/// ```
/// offset  0..1  2..3    4..
///         type  length  value (length bytes)
/// ```
public struct TLVEntry: Equatable, Sendable {
    /// The entry's type.
    public let type: TLVType
    /// Whether the entry is in the protected area, which the digest covers.
    public let isProtected: Bool
    /// The offset of the value from the start of the image.
    public let valueOffset: UInt32
    /// Bytes of the value.
    public let lengthBytes: UInt16

    /// The size of an entry's type and length.
    public static let headerByteCount = 4
}

/// The information header of a TLV area.
///
/// Byte map (MCUboot `image.h`, `image_tlv_info`; little-endian):
/// ```
/// offset  0..1   2..3
///         magic  size of the area, these four bytes included
/// ```
public struct TLVAreaHeader: Equatable, Sendable {
    /// `IMAGE_TLV_INFO_MAGIC`.
    public static let unprotectedMagic: UInt16 = 0x6907
    /// `IMAGE_TLV_PROT_INFO_MAGIC`.
    public static let protectedMagic: UInt16 = 0x6908
    /// The size of the information header.
    public static let byteCount = 4

    /// Whether the area is the protected one.
    public var isProtected: Bool
    /// Of the whole area, this header included: at least 4.
    public var sizeBytes: UInt16

    /// A header of an area of this size.
    public init(isProtected: Bool, sizeBytes: UInt16) {
        self.isProtected = isProtected
        self.sizeBytes = sizeBytes
    }

    /// Reads four bytes; `nil` if there are fewer, for another magic, and for a size below 4.
    public init?(decoding bytes: RawSpan) {
        guard bytes.byteCount >= Self.byteCount else { return nil }
        switch bytes.littleEndianUInt16(at: 0) {
        case Self.unprotectedMagic: isProtected = false
        case Self.protectedMagic: isProtected = true
        default: return nil
        }
        sizeBytes = bytes.littleEndianUInt16(at: 2)
        guard Int(sizeBytes) >= Self.byteCount else { return nil }
    }

    /// Writes four bytes.
    ///
    /// - Throws: `truncated` if `bytes` is shorter than 4.
    public func encode(into bytes: inout MutableRawSpan) throws(ImageError) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        bytes.storeLittleEndian(isProtected ? Self.protectedMagic : Self.unprotectedMagic, at: 0)
        bytes.storeLittleEndian(sizeBytes, at: 2)
    }
}
