import CoAP
import FirmwareImage
import FirmwarePackaging
import Synchronization

/// One release in the catalog: what it is called, what its payload is, and where its bytes are.
///
/// The description never changes; a payload file with other bytes makes another `Release`. The bytes are in the file,
/// see ``PayloadStore``.
public final class Release: Sendable {
    /// Where the bytes are.
    enum Source: Sendable {
        case file(PayloadFile)
        /// Tests and simulations.
        case memory([UInt8])
        /// Nowhere any more: the file has failed its check. The release keeps its place, so that no older one seems to
        /// be the current one.
        case unavailable
    }

    /// The product, 0…65535.
    public let productID: UInt16
    /// Its image's version.
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

    /// No other release of this process has it, and none is 0.
    let id: UInt64
    let source: Source

    private static let lastID = Atomic<UInt64>(0)

    init(productID: UInt16, version: ImageVersion, payload: PayloadDescription, path: String, source: Source) {
        self.productID = productID
        self.version = version
        versionText = ReleaseLayout.text(version)
        sizeBytes = payload.sizeBytes
        digest = payload.digest
        etag = payload.etag
        self.path = path
        id = Release.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.source = source
    }

    /// The payload file, if the bytes are in one.
    var file: PayloadFile? {
        if case .file(let file) = source { file } else { nil }
    }

    /// Whether the payload can be had.
    public var isAvailable: Bool {
        if case .unavailable = source { false } else { true }
    }

    /// The same release without its bytes.
    func withoutPayload() -> Release {
        Release(
            productID: productID,
            version: version,
            payload: PayloadDescription(sizeBytes: sizeBytes, digest: digest),
            path: path,
            source: .unavailable
        )
    }
}
