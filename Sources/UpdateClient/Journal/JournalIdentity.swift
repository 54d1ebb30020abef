import CoAP
import FirmwareImage

/// What a download is of: progress belongs to exactly this and to nothing else.
public struct JournalIdentity: Equatable, Sendable {
    /// The product whose firmware it is.
    public var productID: UInt16
    /// The representation's ETag; nil: the server gives none, and only the digest at the end decides.
    public var etag: ETag?
    /// Block size exponent, the smallest that the download needed up to now: blocks of `16 << szx` bytes.
    public var szx: UInt8
    /// Size of the payload in bytes, or what the image's header promises at least if `isSizeExact` is false.
    public var sizeBytes: UInt32
    /// Whether the server told the size (Size2).
    public var isSizeExact: Bool
    /// The version in the image's header.
    public var version: ImageVersion

    /// See the properties.
    public init(
        productID: UInt16,
        etag: ETag?,
        szx: UInt8,
        sizeBytes: UInt32,
        isSizeExact: Bool,
        version: ImageVersion
    ) {
        self.productID = productID
        self.etag = etag
        self.szx = szx
        self.sizeBytes = sizeBytes
        self.isSizeExact = isSizeExact
        self.version = version
    }
}
