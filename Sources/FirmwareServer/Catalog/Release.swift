import CoAP
import FirmwareImage
import FirmwarePackaging
import Synchronization

/// One release in the catalog: what it is called, what its payload is, and where its bytes are.
///
/// The description never changes; a payload file with other bytes makes another `Release`. The bytes themselves may
/// be in memory or not, see ``PayloadCache``; when they are, they have the digest that is said here.
public final class Release: Sendable {
    /// The product, 0…65535.
    public let productID: UInt16
    public let version: ImageVersion
    /// The version as it is written in paths, for example `1.2.0` or `1.2.0+4`.
    public let versionText: String
    /// Length of the payload, 1 … ``CatalogLimits/payloadSizeBytes``.
    public let sizeBytes: UInt32
    /// SHA-256 of the payload.
    public let digest: SHA256Digest
    /// The first 8 bytes of ``digest``.
    public let etag: ETag
    /// The payload file.
    public let path: String

    /// The payload when it is in memory.
    let resident: Mutex<[UInt8]?>
    /// When the payload was last asked for, in loads of its cache.
    let lastUse: Atomic<UInt64>

    init(
        productID: UInt16,
        version: ImageVersion,
        versionText: String,
        payload: PayloadDescription,
        path: String
    ) {
        self.productID = productID
        self.version = version
        self.versionText = versionText
        sizeBytes = payload.sizeBytes
        digest = payload.digest
        etag = payload.etag
        self.path = path
        resident = Mutex(nil)
        lastUse = Atomic(0)
    }
}
