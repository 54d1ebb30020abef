import Flash

/// Builds images from values: what packaging and tests need. The layout itself is in `ImageHeader`, `TLVAreaHeader` and
/// `TLVEntry`.
///
/// Order of work: `unsigned`, then the digest of what it returns, then `signed`. The result is byte for byte what
/// `imgtool sign --pad-header` makes of the same values. For hosts: it allocates.
public enum ImageAssembler {
    /// An entry to write.
    public struct Entry: Equatable, Sendable {
        /// The entry's type.
        public var type: TLVType
        /// The bytes of the value, at most 65 535.
        public var value: [UInt8]

        /// An entry of any type.
        public init(type: TLVType, value: [UInt8]) {
            self.type = type
            self.value = value
        }

        /// This system's product id.
        public static func productID(_ productID: UInt16) -> Entry {
            Entry(type: .productID, value: [UInt8(productID & 0xFF), UInt8(productID >> 8)])
        }

        /// MCUboot's security counter.
        public static func securityCounter(_ counter: UInt32) -> Entry {
            Entry(type: .securityCounter, value: (0..<4).map { UInt8(truncatingIfNeeded: counter >> ($0 * 8)) })
        }
    }

    /// Header, body and protected area: the bytes that digest and signature cover.
    ///
    /// - Parameters:
    ///   - body: the binary.
    ///   - version: goes into the header.
    ///   - headerSizeBytes: 32 or more; the rest is 0xFF, as imgtool pads it.
    ///   - flags: goes into the header.
    ///   - loadAddress: goes into the header.
    ///   - protectedEntries: in the order in which they are to stand.
    /// - Returns: the bytes.
    /// - Throws: `headerSize` below 32; `malformedTLVArea` if the entries need more than 65 535 bytes; `truncated` if
    ///   the whole would not fit 32-bit offsets.
    public static func unsigned(
        body: [UInt8],
        version: ImageVersion,
        headerSizeBytes: UInt16 = 32,
        flags: ImageFlags = [],
        loadAddress: UInt32 = 0,
        protectedEntries: [Entry] = []
    ) throws(ImageError) -> [UInt8] {
        guard Int(headerSizeBytes) >= ImageHeader.byteCount else { throw .headerSize(headerSizeBytes) }
        let protectedArea = protectedEntries.isEmpty ? [] : try area(isProtected: true, protectedEntries)
        // Room for the unprotected area, so that every later sum fits as well.
        guard UInt64(body.count) <= UInt64(UInt32.max) - 3 * UInt64(UInt16.max) else { throw .truncated }
        let header = ImageHeader(
            version: version,
            bodySizeBytes: UInt32(body.count),
            headerSizeBytes: headerSizeBytes,
            protectedTLVSizeBytes: UInt16(protectedArea.count),
            flags: flags,
            loadAddress: loadAddress
        )
        var image = [UInt8](repeating: 0xFF, count: Int(headerSizeBytes))
        var span = image.mutableSpan
        var bytes = span.mutableBytes
        try header.encode(into: &bytes)
        image.reserveCapacity(image.count + body.count + protectedArea.count + 160)
        image += body
        image += protectedArea
        return image
    }

    /// The whole image: `unsigned` with an area of digest, key hash and signature behind it, in imgtool's order.
    ///
    /// - Parameters:
    ///   - unsigned: from `unsigned(…)`.
    ///   - digest: SHA-256 of `unsigned`.
    ///   - keyHash: of the signing key (`TrustAnchor.keyHash`).
    ///   - signature: over the digest: 64 bytes of Ed25519, or DER of ECDSA.
    ///   - type: which of them it is.
    /// - Returns: the bytes.
    /// - Throws: `malformedTLVArea` never for such signatures.
    public static func signed(
        _ unsigned: [UInt8],
        digest: SHA256Digest,
        keyHash: SHA256Digest,
        signature: [UInt8],
        type: TLVType = .ed25519
    ) throws(ImageError) -> [UInt8] {
        try unsigned
            + area(
                isProtected: false,
                [
                    Entry(type: .sha256, value: (0..<SHA256Digest.byteCount).map { digest[$0] }),
                    Entry(type: .keyHash, value: (0..<SHA256Digest.byteCount).map { keyHash[$0] }),
                    Entry(type: type, value: signature),
                ]
            )
    }

    /// One TLV area with its header.
    ///
    /// - Throws: `malformedTLV` for a value of more than 65 535 bytes, `malformedTLVArea` for an area of more.
    public static func area(isProtected: Bool, _ entries: [Entry]) throws(ImageError) -> [UInt8] {
        var sizeBytes = TLVAreaHeader.byteCount
        for entry in entries {
            guard entry.value.count <= Int(UInt16.max) else { throw .malformedTLV(type: entry.type.rawValue) }
            sizeBytes += TLVEntry.headerByteCount + entry.value.count
        }
        guard let areaSizeBytes = UInt16(exactly: sizeBytes) else { throw .malformedTLVArea }
        var area = [UInt8](repeating: 0, count: sizeBytes)
        var span = area.mutableSpan
        var bytes = span.mutableBytes
        try TLVAreaHeader(isProtected: isProtected, sizeBytes: areaSizeBytes).encode(into: &bytes)
        var offset = TLVAreaHeader.byteCount
        for entry in entries {
            bytes.storeLittleEndian(entry.type.rawValue, at: offset)
            bytes.storeLittleEndian(UInt16(entry.value.count), at: offset + 2)
            bytes.store(entry.value.span.bytes, at: offset + TLVEntry.headerByteCount)
            offset += TLVEntry.headerByteCount + entry.value.count
        }
        return area
    }
}
