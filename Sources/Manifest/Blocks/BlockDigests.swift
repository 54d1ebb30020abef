public import FirmwareImage
import Flash

/// Digests of a payload's blocks, so that a bad block is refused before it is programmed.
///
/// The list is a payload of its own: the first eight bytes of each block's SHA-256, in order, and nothing else. The
/// manifest has the list's digest. Eight bytes: a block that passes for another one costs 2⁶⁴ tries, and gains no more
/// than that it is programmed; the payload's and the image's digest and the image's signature, all longer, refuse the
/// whole then.
public struct BlockDigests: Equatable, Sendable {
    /// Bytes of one entry of the list.
    public static let entryByteCount = 8
    /// Exponents of two that a block's size may have: 1 KiB, one CoAP block, to 64 KiB.
    public static let sizeExponents: ClosedRange<UInt8> = 10...16

    /// The size of a block; the last one may be shorter.
    public let blockSizeBytes: UInt32
    /// Bytes of the payload, as it is on the wire.
    public let payloadSizeBytes: UInt32
    /// Of the whole list: 16…32 bytes of its SHA-256.
    public let listDigest: DigestPrefix

    /// `nil` if the exponent is not one of ``sizeExponents``, or the payload empty.
    ///
    /// - Parameters:
    ///   - sizeExponent: of a block's size.
    ///   - payloadSizeBytes: bytes of the payload, at least one.
    ///   - listDigest: of the list.
    public init?(sizeExponent: UInt8, payloadSizeBytes: UInt32, listDigest: DigestPrefix) {
        guard Self.sizeExponents.contains(sizeExponent), payloadSizeBytes > 0 else { return nil }
        blockSizeBytes = 1 << UInt32(sizeExponent)
        self.payloadSizeBytes = payloadSizeBytes
        self.listDigest = listDigest
    }

    /// How many blocks the payload has.
    public var count: UInt32 { (payloadSizeBytes - 1) / blockSizeBytes + 1 }

    /// Bytes of the list.
    public var listByteCount: UInt32 { count * UInt32(Self.entryByteCount) }

    /// The size of a block; `nil`: there is none of this index.
    public func sizeBytes(ofBlock index: UInt32) -> UInt32? {
        guard index < count else { return nil }
        return min(blockSizeBytes, payloadSizeBytes - index * blockSizeBytes)
    }

    /// Checks the list as it was downloaded. Entries of a list that was not checked say nothing.
    ///
    /// - Parameters:
    ///   - list: the list at its start, in flash or in memory.
    ///   - cryptography: the device's.
    /// - Throws: `blockListMismatch`, `unreadableBlockList`.
    public func check<Source: ByteSource & ~Copyable, Cryptography: DeviceCryptography>(
        list: inout Source,
        with cryptography: Cryptography.Type
    ) throws(ManifestError) {
        guard list.byteCount >= listByteCount else { throw .blockListMismatch }
        let digest: SHA256Digest
        do throws(ImageError) {
            digest = try ImageVerifier<Cryptography>.digest(of: &list, byteCount: listByteCount)
        } catch {
            throw .unreadableBlockList
        }
        guard listDigest.matches(digest) else { throw .blockListMismatch }
    }

    /// Checks a block.
    ///
    /// - Parameters:
    ///   - block: all of its bytes, as they came.
    ///   - index: which one it is, from 0.
    ///   - list: the list, checked.
    ///   - cryptography: the device's.
    /// - Throws: `noSuchBlock`, `blockMismatch`, `unreadableBlockList`.
    public func check<Source: ByteSource & ~Copyable, Cryptography: DeviceCryptography>(
        _ block: RawSpan,
        index: UInt32,
        list: inout Source,
        with cryptography: Cryptography.Type
    ) throws(ManifestError) {
        guard let size = sizeBytes(ofBlock: index), block.byteCount == Int(size) else { throw .noSuchBlock(index) }
        var hash = Cryptography.SHA256()
        hash.update(block)
        try check(hash.finalize(), index: index, list: &list)
    }

    /// Checks a block whose SHA-256 the caller has computed, piece by piece.
    ///
    /// - Parameters:
    ///   - digest: of the whole block.
    ///   - index: which one it is, from 0.
    ///   - list: the list, checked.
    /// - Throws: `noSuchBlock`, `blockMismatch`, `unreadableBlockList`.
    public func check<Source: ByteSource & ~Copyable>(
        _ digest: SHA256Digest,
        index: UInt32,
        list: inout Source
    ) throws(ManifestError) {
        guard index < count else { throw .noSuchBlock(index) }
        var entry = InlineArray<8, UInt8>(repeating: 0)
        do throws(ByteSourceError) {
            var span = entry.mutableSpan
            var bytes = span.mutableBytes
            try list.read(at: index * UInt32(Self.entryByteCount), into: &bytes)
        } catch {
            throw .unreadableBlockList
        }
        guard entry.span.bytes.elementsEqual(digest.bytes.extracting(first: Self.entryByteCount)) else {
            throw .blockMismatch(index)
        }
    }
}
