import Flash

/// Small reads of an image's structures.
enum ImageReader {
    static func header<Source: ByteSource & ~Copyable>(_ source: inout Source) throws(ImageError) -> ImageHeader {
        var buffer = InlineArray<32, UInt8>(repeating: 0)
        guard source.byteCount >= UInt32(ImageHeader.byteCount) else { throw .truncated }
        try read(&source, at: 0, into: &buffer)
        return try ImageHeader(decoding: buffer.span.bytes)
    }

    static func areaHeader<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        at offset: UInt32
    ) throws(ImageError) -> TLVAreaHeader {
        var buffer = InlineArray<4, UInt8>(repeating: 0)
        try read(&source, at: offset, into: &buffer)
        guard let area = TLVAreaHeader(decoding: buffer.span.bytes) else { throw .malformedTLVArea }
        return area
    }

    static func bytes32<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        of entry: TLVEntry
    ) throws(ImageError) -> Bytes32 {
        guard entry.lengthBytes == 32 else { throw .malformedTLV(type: entry.type.rawValue) }
        var buffer = InlineArray<32, UInt8>(repeating: 0)
        try read(&source, at: entry.valueOffset, into: &buffer)
        guard let value = Bytes32(bytes: buffer.span.bytes) else { throw .malformedTLV(type: entry.type.rawValue) }
        return value
    }

    static func uint16<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        of entry: TLVEntry
    ) throws(ImageError) -> UInt16 {
        guard entry.lengthBytes == 2 else { throw .malformedTLV(type: entry.type.rawValue) }
        var buffer = InlineArray<2, UInt8>(repeating: 0)
        try read(&source, at: entry.valueOffset, into: &buffer)
        return buffer.span.bytes.littleEndianUInt16(at: 0)
    }

    static func uint32<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        of entry: TLVEntry
    ) throws(ImageError) -> UInt32 {
        guard entry.lengthBytes == 4 else { throw .malformedTLV(type: entry.type.rawValue) }
        var buffer = InlineArray<4, UInt8>(repeating: 0)
        try read(&source, at: entry.valueOffset, into: &buffer)
        return buffer.span.bytes.littleEndianUInt32(at: 0)
    }

    static func read<Source: ByteSource & ~Copyable, let count: Int>(
        _ source: inout Source,
        at offset: UInt32,
        into buffer: inout InlineArray<count, UInt8>
    ) throws(ImageError) {
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        try read(&source, at: offset, into: &bytes)
    }

    static func read<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        at offset: UInt32,
        into bytes: inout MutableRawSpan
    ) throws(ImageError) {
        do throws(ByteSourceError) {
            try source.read(at: offset, into: &bytes)
        } catch {
            throw .source(error)
        }
    }
}
