public import FirmwareImage
import Flash

/// Why a rotation of the trusted keys was refused. Nothing was changed, but for `flash`: then either all or nothing
/// was.
public enum RotationError: Error, Equatable, Sendable {
    /// Shorter than it says, or than any rotation is.
    case truncated
    /// The first bytes are not a rotation's.
    case notARotation
    /// A version of the format that is not known here.
    case version(UInt8)
    /// Sizes, counts or flags that no rotation has, or bytes behind it.
    case malformed
    /// For another product.
    case wrongProduct(found: UInt16, expected: UInt16)
    /// Its set is the one in force, or an earlier one: applied already, or an old one played again.
    case replayed(found: UInt32, inForce: UInt32)
    /// One or more rotations in between are missing.
    case skipped(found: UInt32, inForce: UInt32)
    /// Not signed by a key of the set that is in force.
    case unknownSigner
    /// It names a key of that set, but the signature is not by it.
    case badSignature
    /// A swap was cut short, so the images cannot be looked at: reboot first.
    case swapUnderWay
    case trust(TrustError)
    case flash(FlashError)

    init(_ error: TrustError) {
        if case .flash(let error) = error { self = .flash(error) } else { self = .trust(error) }
    }
}

/// An order to trust other keys: set N + 1, signed by a key of set N.
///
/// Byte map (little-endian):
/// ```
/// offset  0..3    4        5      6..7  8..9        10         11    12..15
///         "ROTA"  version  flags  size  product id  key count  zero  key set's number
///         magic   1                                 1…4              N + 1
///
/// offset  16..                                            then                      last 64
///         keys, each: algorithm u8, key size u8,          signer's key hash, 32     signature
///         zero u16, key
/// ```
/// The size is that of the whole. Flag bit 0: for this product only. The signature is over the SHA-256 digest of all
/// before it, by the algorithm of the signer's key: Ed25519, or r and s of ECDSA. It can be no image's, as an image
/// begins with another magic.
public struct TrustRotation: Equatable, Sendable {
    /// The product whose devices it is for; `nil`: any that trust the signer.
    public var productID: UInt16?
    /// The keys to trust from now on, instead of those before.
    public var anchors: TrustAnchors
    /// The number of that set.
    public var anchorSetNumber: UInt32
    /// The signer's key hash (see `TrustAnchor.keyHash`).
    public var signer: SHA256Digest

    /// See the properties.
    public init(productID: UInt16?, anchors: TrustAnchors, anchorSetNumber: UInt32, signer: SHA256Digest) {
        self.productID = productID
        self.anchors = anchors
        self.anchorSetNumber = anchorSetNumber
        self.signer = signer
    }

    /// The size of the largest.
    public static let maximumByteCount =
        prefixByteCount + TrustAnchors.capacity * (AnchorCoding.headerByteCount + TrustAnchor.maximumByteCount)
        + SHA256Digest.byteCount + signatureByteCount
    /// Bytes of the signature.
    public static let signatureByteCount = 64
    static let prefixByteCount = 16
    static let magic: UInt32 = 0x4154_4F52
    static let formatVersion: UInt8 = 1

    /// How many bytes the signature covers.
    public var signedByteCount: Int {
        Self.prefixByteCount + AnchorCoding.byteCount(of: anchors) + SHA256Digest.byteCount
    }

    /// Reads a rotation; nothing of it is verified.
    ///
    /// - Parameter bytes: all of it, and nothing behind it.
    /// - Throws: `truncated`, `notARotation`, `version`, `malformed`.
    public init(decoding bytes: RawSpan) throws(RotationError) {
        guard bytes.byteCount >= 4, bytes.littleEndianUInt32(at: 0) == Self.magic else { throw .notARotation }
        guard bytes.byteCount >= Self.prefixByteCount else { throw .truncated }
        guard bytes.byte(at: 4) == Self.formatVersion else { throw .version(bytes.byte(at: 4)) }
        let byteCount = Int(bytes.littleEndianUInt16(at: 6))
        guard byteCount <= bytes.byteCount else { throw .truncated }
        let signedByteCount = byteCount - Self.signatureByteCount
        let flags = bytes.byte(at: 5)
        let count = Int(bytes.byte(at: 10))
        var offset = Self.prefixByteCount
        var anchors = TrustAnchors()
        guard byteCount == bytes.byteCount, signedByteCount > offset, flags <= 1, bytes.byte(at: 11) == 0, count > 0,
            AnchorCoding.decode(bytes.extracting(first: signedByteCount), count: count, at: &offset, into: &anchors),
            signedByteCount - offset == SHA256Digest.byteCount,
            let signer = SHA256Digest(bytes: bytes.extracting(offset..<signedByteCount))
        else { throw .malformed }
        self.init(
            productID: flags == 1 ? bytes.littleEndianUInt16(at: 8) : nil,
            anchors: anchors,
            anchorSetNumber: bytes.littleEndianUInt32(at: 12),
            signer: signer
        )
    }

    /// Writes what is to be signed.
    ///
    /// - Parameter bytes: at least `signedByteCount` bytes, or it traps.
    public func encode(into bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(Self.magic, at: 0)
        bytes.store(Self.formatVersion, at: 4)
        bytes.store(UInt8(productID == nil ? 0 : 1), at: 5)
        bytes.storeLittleEndian(UInt16(signedByteCount + Self.signatureByteCount), at: 6)
        bytes.storeLittleEndian(productID ?? 0, at: 8)
        bytes.store(UInt8(anchors.count), at: 10)
        bytes.store(UInt8(0), at: 11)
        bytes.storeLittleEndian(anchorSetNumber, at: 12)
        var offset = Self.prefixByteCount
        AnchorCoding.encode(anchors, into: &bytes, at: &offset)
        bytes.store(signer.bytes, at: offset)
    }
}
