public import FirmwareImage
import Flash

/// What a device is provisioned with, and what it must not forget: its product, the keys it trusts, the security
/// counter.
///
/// Byte map of one copy (little-endian):
/// ```
/// offset  0..3    4        5      6..7      8..9        10       11       12..15         16..19     20..23
///         "TRST"  version  flags  size      product id  anchor   pinned   write          key set's  security
///         magic   2                                     count    count    number         number     counter
///
/// offset  24..                                                     then                 last 4
///         anchors, each: algorithm u8, key size u8, zero u16, key  pinned digests, 32   CRC-32
/// ```
/// The size is that of the whole record, the CRC-32 of all before it. Flag bit 0: the product id is valid. Algorithms
/// are `SignatureAlgorithm`'s numbers. The rest of the last write unit reads erased.
///
/// Version 1, which is still read, had no counter, no pinned images and Ed25519 keys only (148 bytes):
/// ```
/// offset  0..3    4        5..6  7             8..9        10..11  12..15        16..143           144..147
///         "TRST"  version  zero  anchor count  product id  flags   write number  4 × 32 key bytes  CRC-32
/// ```
/// Its counter and key set number are taken as 0.
public struct TrustRecord: Equatable, Sendable, PairedRecord {
    /// The product this device is (PID); images for another one are refused. `nil`: any, for parts that are not told.
    public var productID: UInt16?
    /// The keys that images may be signed with.
    public var anchors: TrustAnchors
    /// Which set of keys this is: 0 from the factory, one more with each rotation.
    public var anchorSetNumber: UInt32
    /// Images with a lower one are refused. Advanced when an image is confirmed, see `SecurityCounter`.
    public var securityCounter: UInt32
    /// Images that stay bootable although a rotation took away the key that signed them.
    public var pinned: PinnedImages

    /// See the properties.
    public init(
        productID: UInt16?,
        anchors: TrustAnchors,
        anchorSetNumber: UInt32 = 0,
        securityCounter: UInt32 = 0,
        pinned: PinnedImages = PinnedImages()
    ) {
        self.productID = productID
        self.anchors = anchors
        self.anchorSetNumber = anchorSetNumber
        self.securityCounter = securityCounter
        self.pinned = pinned
    }

    /// The size of the largest record.
    public static let maximumByteCount =
        prefixByteCount + TrustAnchors.capacity * (AnchorCoding.headerByteCount + TrustAnchor.maximumByteCount)
        + PinnedImages.capacity * SHA256Digest.byteCount + 4

    static let prefixByteCount = 24
    static let magic: UInt32 = 0x5453_5254
    static let formatVersion: UInt8 = 2

    /// The size of this record.
    package var byteCount: Int {
        Self.prefixByteCount + AnchorCoding.byteCount(of: anchors) + pinned.count * SHA256Digest.byteCount + 4
    }

    /// Knows no key.
    package init() {
        self.init(productID: nil, anchors: TrustAnchors())
    }

    /// Reads a copy into this record, in place: a record is large for a small stack.
    ///
    /// - Parameters:
    ///   - bytes: the copy and what follows it.
    ///   - revision: the write number, which counts the writes of the store.
    /// - Returns: `false` if it is erased, torn, or of no known version; the record then is nothing that was written.
    package mutating func decode(_ bytes: RawSpan, revision: inout UInt32) -> Bool {
        self = TrustRecord()
        guard bytes.byteCount >= Self.prefixByteCount, bytes.littleEndianUInt32(at: 0) == Self.magic else {
            return false
        }
        revision = bytes.littleEndianUInt32(at: 12)
        switch bytes.byte(at: 4) {
        case 1: return decodeVersion1(bytes)
        case 2: return decodeVersion2(bytes)
        default: return false
        }
    }

    private mutating func decodeVersion1(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 148, Self.isIntact(bytes, byteCount: 148) else { return false }
        let count = Int(bytes.byte(at: 7))
        let flags = bytes.littleEndianUInt16(at: 10)
        guard count <= TrustAnchors.capacity, flags <= 1 else { return false }
        productID = flags == 1 ? bytes.littleEndianUInt16(at: 8) : nil
        for index in 0..<count {
            guard let anchor = TrustAnchor(bytes: bytes.extracting(16 + 32 * index..<48 + 32 * index)),
                anchors.append(anchor)
            else { return false }
        }
        return true
    }

    private mutating func decodeVersion2(_ bytes: RawSpan) -> Bool {
        let byteCount = Int(bytes.littleEndianUInt16(at: 6))
        guard byteCount >= Self.prefixByteCount + 4, byteCount <= bytes.byteCount,
            Self.isIntact(bytes, byteCount: byteCount)
        else { return false }
        let flags = bytes.byte(at: 5)
        productID = flags == 1 ? bytes.littleEndianUInt16(at: 8) : nil
        anchorSetNumber = bytes.littleEndianUInt32(at: 16)
        securityCounter = bytes.littleEndianUInt32(at: 20)
        var offset = Self.prefixByteCount
        let body = bytes.extracting(first: byteCount - 4)
        guard flags <= 1, AnchorCoding.decode(body, count: Int(bytes.byte(at: 10)), at: &offset, into: &anchors) else {
            return false
        }
        for _ in 0..<Int(bytes.byte(at: 11)) {
            guard body.byteCount - offset >= SHA256Digest.byteCount,
                let digest = SHA256Digest(bytes: body.extracting(offset..<offset + SHA256Digest.byteCount)),
                pinned.insert(digest)
            else { return false }
            offset += SHA256Digest.byteCount
        }
        return offset == body.byteCount
    }

    private static func isIntact(_ bytes: RawSpan, byteCount: Int) -> Bool {
        var checksum = CRC32()
        checksum.update(bytes.extracting(first: byteCount - 4))
        return checksum.value == bytes.littleEndianUInt32(at: byteCount - 4)
    }

    /// Writes a copy into `bytes`, of which `byteCount` are used.
    package func encode(into bytes: inout MutableRawSpan, revision: UInt32) {
        bytes.storeLittleEndian(Self.magic, at: 0)
        bytes.store(Self.formatVersion, at: 4)
        bytes.store(UInt8(productID == nil ? 0 : 1), at: 5)
        bytes.storeLittleEndian(UInt16(byteCount), at: 6)
        bytes.storeLittleEndian(productID ?? 0, at: 8)
        bytes.store(UInt8(anchors.count), at: 10)
        bytes.store(UInt8(pinned.count), at: 11)
        bytes.storeLittleEndian(revision, at: 12)
        bytes.storeLittleEndian(anchorSetNumber, at: 16)
        bytes.storeLittleEndian(securityCounter, at: 20)
        var offset = Self.prefixByteCount
        AnchorCoding.encode(anchors, into: &bytes, at: &offset)
        for index in 0..<pinned.count {
            if let digest = pinned[index] {
                bytes.store(digest.bytes, at: offset)
                offset += SHA256Digest.byteCount
            }
        }
        var checksum = CRC32()
        checksum.update(bytes.bytes.extracting(first: offset))
        bytes.storeLittleEndian(checksum.value, at: offset)
    }
}
