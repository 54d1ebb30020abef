public import FirmwareImage
import Manifest

/// The list of a payload's block digests: what `BlockDigests` checks with.
public struct BlockDigestList: Equatable, Sendable {
    /// The list's bytes, as they are served.
    public let bytes: [UInt8]
    /// Of a block's size, exponent of two.
    public let sizeExponent: UInt8

    /// Makes the list.
    ///
    /// - Parameters:
    ///   - payload: as it is on the wire.
    ///   - sizeExponent: one of `BlockDigests.sizeExponents`; other values trap. 12 is a sector of 4 KiB.
    public init(of payload: [UInt8], sizeExponent: UInt8 = 12) {
        precondition(BlockDigests.sizeExponents.contains(sizeExponent), "blocks have 1 KiB to 64 KiB")
        let size = 1 << Int(sizeExponent)
        self.sizeExponent = sizeExponent
        bytes = stride(from: 0, to: payload.count, by: size).flatMap { start in
            SHA256Digest(of: Array(payload[start..<min(start + size, payload.count)]))
                .array(BlockDigests.entryByteCount)
        }
    }

    /// SHA-256 of the list.
    public var digest: SHA256Digest { SHA256Digest(of: bytes) }
}
