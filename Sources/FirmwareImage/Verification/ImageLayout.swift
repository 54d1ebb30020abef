/// Where the parts of an image are, every size compared with the source's.
///
/// ```
/// offset 0        header size       + body size          + protected size     total
///        header   body              protected TLV area?  TLV area
///        └─────────── SHA-256 and signature ───────────┘
/// ```
/// (MCUboot `docs/design.md`, "Image format" and "Protected TLVs".)
public struct ImageLayout: Equatable, Sendable {
    /// The header, read.
    public let header: ImageHeader
    /// Offsets of the protected entries, without the area's header; empty if there is no such area.
    public let protectedEntries: Range<UInt32>
    /// Offsets of the unprotected entries, without the area's header.
    public let unprotectedEntries: Range<UInt32>

    /// How many bytes from the start the digest covers.
    public var hashedSizeBytes: UInt32 {
        unprotectedEntries.lowerBound - UInt32(TLVAreaHeader.byteCount)
    }

    /// The number of bytes of the whole image.
    public var totalSizeBytes: UInt32 { unprotectedEntries.upperBound }

    /// Reads header and TLV area headers.
    ///
    /// - Parameter source: the image, from its first byte; longer than the image is fine.
    /// - Throws: `notAnImage`, `headerSize`, `unsupportedFlags`, `truncated`, `malformedTLVArea`, `source`.
    public init<Source: ByteSource & ~Copyable>(reading source: inout Source) throws(ImageError) {
        header = try ImageReader.header(&source)
        guard header.flags.isSubset(of: .bootable) else { throw .unsupportedFlags(header.flags.rawValue) }

        // 16 + 32 + 16 bit numbers in 64 bits: no sum below overflows.
        let unprotectedOffset = header.hashedSizeBytes
        let available = UInt64(source.byteCount)
        guard unprotectedOffset + UInt64(TLVAreaHeader.byteCount) <= available else { throw .truncated }

        let tlvOffset = UInt32(truncatingIfNeeded: header.tlvOffset)
        if header.protectedTLVSizeBytes == 0 {
            protectedEntries = tlvOffset..<tlvOffset
        } else {
            let area = try ImageReader.areaHeader(&source, at: tlvOffset)
            // MCUboot tlv.c: the header says the protected area's size, and the area says it again.
            guard area.isProtected, area.sizeBytes == header.protectedTLVSizeBytes else { throw .malformedTLVArea }
            protectedEntries = tlvOffset + UInt32(TLVAreaHeader.byteCount)..<tlvOffset + UInt32(area.sizeBytes)
        }

        let areaOffset = UInt32(truncatingIfNeeded: unprotectedOffset)
        let area = try ImageReader.areaHeader(&source, at: areaOffset)
        guard !area.isProtected else { throw .malformedTLVArea }
        guard unprotectedOffset + UInt64(area.sizeBytes) <= available else { throw .truncated }
        unprotectedEntries = areaOffset + UInt32(TLVAreaHeader.byteCount)..<areaOffset + UInt32(area.sizeBytes)
    }
}
