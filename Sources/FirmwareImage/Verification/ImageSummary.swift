/// What an image says of itself. Nothing of it is verified: for showing, and for deciding what to ask a server.
public struct ImageSummary: Equatable, Sendable {
    /// The header, read.
    public let header: ImageHeader
    /// From the product TLV; `nil`: there is none.
    public let productID: UInt16?
    /// From the SEC_CNT TLV; `nil`: there is none.
    public let securityCounter: UInt32?
    /// The value of the digest TLV; whether the bytes have this digest is another question.
    public let claimedDigest: SHA256Digest
    /// Bytes of the whole image.
    public let totalSizeBytes: UInt32

    /// The image's version.
    public var version: ImageVersion { header.version }

    /// Reads header and TLVs.
    ///
    /// - Throws: as `ImageLayout` and for malformed or contradictory TLVs.
    public init<Source: ByteSource & ~Copyable>(reading source: inout Source) throws(ImageError) {
        let layout = try ImageLayout(reading: &source)
        let claims = try ImageClaims(reading: &source, layout: layout)
        header = layout.header
        productID = claims.productID
        securityCounter = claims.securityCounter
        claimedDigest = claims.digest
        totalSizeBytes = layout.totalSizeBytes
    }
}
