import FirmwareImage
import HostCryptography

/// What an image says of itself, read without any key: for people and for logs, never for a decision to install.
public struct ImageInspection: Equatable, Sendable {
    /// One TLV entry.
    public struct Entry: Equatable, Sendable {
        /// The entry's type.
        public let type: TLVType
        /// Whether the digest covers the entry.
        public let isProtected: Bool
        /// The entry's bytes.
        public let value: [UInt8]
    }

    /// The header, read.
    public let header: ImageHeader
    /// All TLV entries, the protected ones first.
    public let entries: [Entry]
    /// Header, body and TLVs.
    public let imageSizeBytes: Int
    /// What follows the image in the file: padding and a trailer, if it was made with `imgtool --pad`.
    public let trailingBytes: Int
    /// SHA-256 over header, body and protected TLVs, computed.
    public let digest: SHA256Digest
    /// SHA-256 over the whole file, whose first 8 bytes are the ETag that a server gives it.
    public let payloadDigest: SHA256Digest

    /// Reads an image.
    ///
    /// - Throws: ``ImageError`` when the structure is not that of an image. A wrong digest or signature is not an error
    ///   here.
    public init(_ file: [UInt8]) throws(ImageError) {
        header = try ImageHeader(decoding: file.span.bytes)
        guard header.hashedSizeBytes <= UInt64(file.count) else { throw .truncated }
        var entries: [Entry] = []
        var offset = Int(header.tlvOffset)
        if header.protectedTLVSizeBytes > 0 {
            let end = try ImageInspection.read(file, at: offset, isProtected: true, into: &entries)
            guard end - offset == Int(header.protectedTLVSizeBytes) else { throw .malformedTLVArea }
            offset = end
        }
        offset = try ImageInspection.read(file, at: offset, isProtected: false, into: &entries)
        self.entries = entries
        imageSizeBytes = offset
        trailingBytes = file.count - offset
        digest = ImageInspection.digest(file, count: Int(header.hashedSizeBytes))
        payloadDigest = ImageInspection.digest(file, count: file.count)
    }

    /// The product that the image is for, from the protected area.
    public var productID: UInt16? {
        guard let value = value(of: .productID, isProtected: true), value.count == 2 else { return nil }
        return UInt16(value[0]) | UInt16(value[1]) << 8
    }

    /// MCUboot's security counter, from the protected area.
    public var securityCounter: UInt32? {
        guard let value = value(of: .securityCounter, isProtected: true), value.count == 4 else { return nil }
        return value.span.bytes.littleEndianUInt32(at: 0)
    }

    /// Whether the digest in the image is that of its bytes; `nil` when there is none.
    public var isDigestRight: Bool? {
        value(of: .sha256, isProtected: false).map { stated in
            stated.count == SHA256Digest.byteCount && stated.indices.allSatisfy { stated[$0] == digest[$0] }
        }
    }

    /// The hash of the key that signed, as the image says.
    public var keyHash: [UInt8]? { value(of: .keyHash, isProtected: false) }

    private func value(of type: TLVType, isProtected: Bool) -> [UInt8]? {
        entries.first { $0.type == type && $0.isProtected == isProtected }?.value
    }

    private static func digest(_ file: [UInt8], count: Int) -> SHA256Digest {
        var hash = HostCryptography.SHA256()
        hash.update(file.span.bytes.extracting(first: count))
        return hash.finalize()
    }

    /// Reads one area.
    ///
    /// - Returns: where it ends.
    private static func read(
        _ file: [UInt8],
        at start: Int,
        isProtected: Bool,
        into entries: inout [Entry]
    ) throws(ImageError) -> Int {
        guard start <= file.count else { throw .truncated }
        guard let area = TLVAreaHeader(decoding: file.span.bytes.extracting(droppingFirst: start)),
            area.isProtected == isProtected
        else { throw .malformedTLVArea }
        let end = start + Int(area.sizeBytes)
        guard end <= file.count else { throw .truncated }
        var offset = start + TLVAreaHeader.byteCount
        while offset < end {
            guard end - offset >= TLVEntry.headerByteCount else { throw .malformedTLVArea }
            let type = UInt16(file[offset]) | UInt16(file[offset + 1]) << 8
            let length = Int(file[offset + 2]) | Int(file[offset + 3]) << 8
            offset += TLVEntry.headerByteCount
            guard end - offset >= length else { throw .malformedTLV(type: type) }
            let value = Array(file[offset..<(offset + length)])
            entries.append(Entry(type: TLVType(rawValue: type), isProtected: isProtected, value: value))
            offset += length
        }
        return end
    }
}
