public import FirmwareImage
public import Manifest

/// What a manifest is made of: one image, and one payload that it comes as.
public struct ManifestContents: Sendable {
    /// What is downloaded.
    public struct Payload: Sendable {
        /// Where it is: 1…64 ASCII characters, a URI or a reference relative to the manifest's.
        public var uri: String
        /// Bytes on the wire.
        public var sizeBytes: UInt32
        /// SHA-256 over the bytes on the wire.
        public var digest: SHA256Digest
        /// What makes the image of it.
        public var codec: PayloadCodec
        /// Room for image and staged payload together; `nil`: the image's size.
        public var roomBytes: UInt32?
        /// SHA-256 over all bytes of the image that a delta is made against.
        public var precursor: SHA256Digest?
        /// From ``EncryptedPayload``; `nil`: it is plain.
        public var encryptionInfo: [UInt8]?
        /// Digests of its blocks; `nil`: none are offered.
        public var blocks: BlockDigestList?

        /// A payload of these.
        public init(
            uri: String,
            sizeBytes: UInt32,
            digest: SHA256Digest,
            codec: PayloadCodec = .image,
            roomBytes: UInt32? = nil,
            precursor: SHA256Digest? = nil,
            encryptionInfo: [UInt8]? = nil,
            blocks: BlockDigestList? = nil
        ) {
            self.uri = uri
            self.sizeBytes = sizeBytes
            self.digest = digest
            self.codec = codec
            self.roomBytes = roomBytes
            self.precursor = precursor
            self.encryptionInfo = encryptionInfo
            self.blocks = blocks
        }
    }

    /// Counts the product's releases, from 1: devices refuse lower ones, and leaps.
    public var sequenceNumber: UInt32
    /// Whose devices it is for.
    public var vendor: DeviceIdentity.Identifier
    /// Which devices.
    public var deviceClass: DeviceIdentity.Identifier
    /// The product (PID).
    public var productID: UInt16?
    /// The image's version.
    public var version: ImageVersion?
    /// The image's security counter, if it has one.
    public var securityCounter: UInt32?
    /// The hash of the key that signed the image; `nil`: one of the manifest's signers did.
    public var imageKey: SHA256Digest?
    /// SHA-256 over all bytes of the image, TLVs included.
    public var imageDigest: SHA256Digest
    /// Bytes of the image.
    public var imageSizeBytes: UInt32
    /// What is downloaded.
    public var payload: Payload

    /// A manifest of these.
    public init(
        sequenceNumber: UInt32,
        vendor: DeviceIdentity.Identifier,
        deviceClass: DeviceIdentity.Identifier,
        productID: UInt16?,
        version: ImageVersion?,
        securityCounter: UInt32? = nil,
        imageKey: SHA256Digest? = nil,
        imageDigest: SHA256Digest,
        imageSizeBytes: UInt32,
        payload: Payload
    ) {
        self.sequenceNumber = sequenceNumber
        self.vendor = vendor
        self.deviceClass = deviceClass
        self.productID = productID
        self.version = version
        self.securityCounter = securityCounter
        self.imageKey = imageKey
        self.imageDigest = imageDigest
        self.imageSizeBytes = imageSizeBytes
        self.payload = payload
    }
}
