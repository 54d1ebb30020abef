import Flash

/// Walks the entries of an image: the protected area, then the unprotected one.
public struct TLVCursor: Sendable {
    /// How many entries of one image are looked at; imgtool writes three to eight.
    public static let entryLimit = 64

    private let layout: ImageLayout
    private var offset: UInt32
    private var isProtected: Bool
    private var entriesLeft = Self.entryLimit

    /// Starts before the first entry.
    public init(_ layout: ImageLayout) {
        self.layout = layout
        offset = layout.protectedEntries.lowerBound
        isProtected = true
    }

    /// Reads the next entry.
    ///
    /// - Parameter source: the source that the layout was read from.
    /// - Returns: the entry; `nil` after the last.
    /// - Throws: `malformedTLV` if an entry runs over its area's end, `malformedTLVArea` if there are 1…3 bytes left in
    ///   it, `tooManyTLVs`, `source`.
    public mutating func next<Source: ByteSource & ~Copyable>(
        _ source: inout Source
    ) throws(ImageError) -> TLVEntry? {
        if isProtected, offset == layout.protectedEntries.upperBound {
            isProtected = false
            offset = layout.unprotectedEntries.lowerBound
        }
        let end = isProtected ? layout.protectedEntries.upperBound : layout.unprotectedEntries.upperBound
        guard offset < end else { return nil }
        guard entriesLeft > 0 else { throw .tooManyTLVs }
        entriesLeft -= 1

        guard end - offset >= UInt32(TLVEntry.headerByteCount) else { throw .malformedTLVArea }
        var buffer = InlineArray<4, UInt8>(repeating: 0)
        try ImageReader.read(&source, at: offset, into: &buffer)
        let type = TLVType(rawValue: buffer.span.bytes.littleEndianUInt16(at: 0))
        let lengthBytes = buffer.span.bytes.littleEndianUInt16(at: 2)
        let valueOffset = offset + UInt32(TLVEntry.headerByteCount)
        guard UInt32(lengthBytes) <= end - valueOffset else { throw .malformedTLV(type: type.rawValue) }
        offset = valueOffset + UInt32(lengthBytes)
        return TLVEntry(type: type, isProtected: isProtected, valueOffset: valueOffset, lengthBytes: lengthBytes)
    }
}
