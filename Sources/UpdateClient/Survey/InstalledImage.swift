import CoAP
import FirmwareImage

/// A verified image in a slot, with the ETag that a server of this project gives to its released bytes.
struct InstalledImage: Equatable {
    var version: ImageVersion
    /// Header, body and TLVs: the released bytes.
    var sizeBytes: UInt32
    var securityCounter: UInt32
    /// The first 8 bytes of SHA-256 over the released bytes.
    var etag: ETag

    var summary: ReleaseSummary { ReleaseSummary(version: version, sizeBytes: sizeBytes) }
}
