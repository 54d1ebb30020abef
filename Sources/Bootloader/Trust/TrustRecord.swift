public import FirmwareImage

/// What a device is provisioned with: its product and the keys it trusts.
///
/// Byte map of one copy (little-endian; one at the start of each of the trust area's first two sectors):
/// ```
/// offset  0..3       4        5..6     7              8..9        10..11  12..15    16..143           144..147
///         "TRST"     version  zero     anchor count   product id  flags   sequence  4 × 32 key bytes  CRC-32
///         magic      1                 0…4                        bit 0: product id valid
/// ```
/// The CRC-32 covers bytes 0…143; absent keys and an absent product are zero. Bytes from 148 to the end of the write
/// unit read erased.
public struct TrustRecord: Equatable, Sendable {
    /// The product this device is (PID); images for another one are refused. `nil`: any, for parts that are not told.
    public var productID: UInt16?
    /// The keys that images may be signed with.
    public var anchors: TrustAnchors

    public init(productID: UInt16?, anchors: TrustAnchors) {
        self.productID = productID
        self.anchors = anchors
    }

    /// The size of a copy.
    public static let byteCount = 148
    static let magic: UInt32 = 0x5453_5254
    static let formatVersion: UInt8 = 1

    /// Reads a copy; `nil` if it is erased, torn, or not of this version.
    init?(decoding bytes: RawSpan, sequence: inout UInt32) {
        guard bytes.byteCount >= Self.byteCount, bytes.littleEndianUInt32(at: 0) == Self.magic,
            bytes.byte(at: 4) == Self.formatVersion
        else { return nil }
        var checksum = CRC32()
        checksum.update(bytes.extracting(0..<144))
        guard checksum.value == bytes.littleEndianUInt32(at: 144) else { return nil }
        let count = Int(bytes.byte(at: 7))
        let flags = bytes.littleEndianUInt16(at: 10)
        guard count <= TrustAnchors.capacity, flags <= 1 else { return nil }
        anchors = TrustAnchors()
        for index in 0..<count {
            guard let anchor = TrustAnchor(bytes: bytes.extracting(16 + 32 * index..<48 + 32 * index)),
                anchors.append(anchor)
            else { return nil }
        }
        productID = flags == 1 ? bytes.littleEndianUInt16(at: 8) : nil
        sequence = bytes.littleEndianUInt32(at: 12)
    }

    /// Writes a copy into `bytes`, of which 148 are used.
    func encode(into bytes: inout MutableRawSpan, sequence: UInt32) {
        for offset in 0..<Self.byteCount {
            bytes.store(UInt8(0), at: offset)
        }
        bytes.storeLittleEndian(Self.magic, at: 0)
        bytes.store(Self.formatVersion, at: 4)
        bytes.store(UInt8(anchors.count), at: 7)
        bytes.storeLittleEndian(productID ?? 0, at: 8)
        bytes.storeLittleEndian(UInt16(productID == nil ? 0 : 1), at: 10)
        bytes.storeLittleEndian(sequence, at: 12)
        for index in 0..<anchors.count {
            if let anchor = anchors[index] {
                bytes.store(anchor.bytes, at: 16 + 32 * index)
            }
        }
        var checksum = CRC32()
        checksum.update(bytes.bytes.extracting(0..<144))
        bytes.storeLittleEndian(checksum.value, at: 144)
    }
}
