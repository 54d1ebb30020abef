import CoAP
import FirmwareImage
import HostCryptography

/// Size, digest and entity tag of some payload bytes.
public struct PayloadDescription: Equatable, Sendable {
    /// Bytes of the payload; not 0.
    public let sizeBytes: UInt32
    /// SHA-256 of the payload.
    public let digest: SHA256Digest
    /// The first 8 bytes of ``digest``.
    public var etag: ETag { ETag(digest.prefix64) }

    package init(sizeBytes: UInt32, digest: SHA256Digest) {
        self.sizeBytes = sizeBytes
        self.digest = digest
    }

    /// Describes `payload`.
    ///
    /// - Returns: `nil` when the payload is empty or longer than 4 GiB.
    public init?(of payload: [UInt8]) {
        guard let sizeBytes = UInt32(exactly: payload.count), sizeBytes > 0 else { return nil }
        self.init(sizeBytes: sizeBytes, digest: PayloadDescription.digest(of: payload.span.bytes))
    }

    package static func digest(of bytes: RawSpan) -> SHA256Digest {
        var hash = HostCryptography.SHA256()
        hash.update(bytes)
        return hash.finalize()
    }
}
