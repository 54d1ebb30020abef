/// What is known of an image after its digest and signature were verified.
public struct VerifiedImage: Equatable, Sendable {
    /// The header, read.
    public let header: ImageHeader
    /// From the protected product TLV; `nil`: the image has none.
    public let productID: UInt16?
    /// From the protected security counter TLV (SEC_CNT); `nil`: the image has none.
    public let securityCounter: UInt32?
    /// SHA-256 over header, body and protected TLVs: the value of the image's own digest TLV.
    public let digest: SHA256Digest
    /// With header and all TLVs; what is behind it is not part of the image.
    public let totalSizeBytes: UInt32
    /// Which key signed: the hash of its SubjectPublicKeyInfo; `nil`: none that is trusted now, but the image is
    /// pinned.
    public let keyHash: SHA256Digest?

    /// The image's version.
    public var version: ImageVersion { header.version }
}
