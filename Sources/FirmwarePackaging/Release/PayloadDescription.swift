import CoAP
import Crypto
import FirmwareImage

/// Size, digest and entity tag of some payload bytes.
public struct PayloadDescription: Equatable, Sendable {
    /// Bytes of the payload.
    public let sizeBytes: UInt32
    /// SHA-256 of the payload.
    public let digest: FirmwareImage.SHA256Digest
    /// The first 8 bytes of ``digest``.
    public let etag: ETag

    /// Describes `payload`.
    ///
    /// - Returns: `nil` when the payload is empty or longer than 4 GiB.
    public init?(of payload: [UInt8]) {
        guard let sizeBytes = UInt32(exactly: payload.count), sizeBytes > 0 else { return nil }
        guard let digest = PayloadDescription.digest(of: payload) else { return nil }
        self.sizeBytes = sizeBytes
        self.digest = digest
        etag = ETag(digest.prefix64)
    }

    package static func digest(of bytes: [UInt8]) -> FirmwareImage.SHA256Digest? {
        let hash = Array(SHA256.hash(data: bytes))
        return FirmwareImage.SHA256Digest(bytes: hash.span.bytes)
    }
}
