import Flash

/// A source over bytes in memory: files read whole, test vectors.
public struct MemorySource: ByteSource, Sendable {
    private let bytes: [UInt8]

    /// - Parameter bytes: the image, at most 4 GiB − 1; a longer array is cut there.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Bytes in memory.
    public var byteCount: UInt32 { UInt32(clamping: bytes.count) }

    /// Copies bytes from memory; see ``ByteSource``.
    public mutating func read(at offset: UInt32, into buffer: inout MutableRawSpan) throws(ByteSourceError) {
        guard offset <= byteCount, buffer.byteCount <= Int(byteCount - offset) else { throw .outOfRange }
        let source = bytes.span.bytes.extracting(Int(offset)..<Int(offset) + buffer.byteCount)
        buffer.store(source, at: 0)
    }
}
