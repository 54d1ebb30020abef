import Bootloader
import CoAP
import FirmwareImage
import Flash

/// The first record of a journal bank: what is being downloaded.
///
///     0   4  magic "FWJ1"
///     4   4  sequence, little-endian: the bank with the greater one holds
///     8   2  product id (PID), little-endian
///     10  1  length of the ETag in bytes, 0: the server gives none
///     11  1  SZX of the blocks: the smallest that the download needed up to now
///     12  4  size in bytes, little-endian
///     16  1  log2 of the progress unit's bytes
///     17  1  flags: bit 0 set: the size is exact; clear: it is what the image's header promises at least
///     18  1  what was refused: `JournalRefusal.code`, 0: nothing; the bank then has no units
///     19  1  downloads of it that were refused, 0…127; bit 7 set: the bytes were those that the ETag names
///     20  8  ETag, padded with 0
///     28  8  version: major, minor, revision (2, little-endian), build (4, little-endian)
///     36  4  `JournalRefusal.found`, little-endian; of a download: `tried`, low half
///     40  4  `JournalRefusal.judgedBy`, little-endian; of a download: `tried`, high half
///     44  4  CRC-32 of bytes 0…43, little-endian
///
/// Earlier programs wrote 2 at 19 for a proven refusal as well as for two others; it is read as two others, which costs
/// one download. Programs that do not know refusals wrote 0 at 18, 19 and 36…43, and do not look there: to them a
/// refused download is one without progress.
struct JournalHeader: Equatable {
    static let byteCount: UInt32 = 48
    static let unitExponentRange: ClosedRange<UInt8> = 4...24
    private static let magic: InlineArray<4, UInt8> = [0x46, 0x57, 0x4A, 0x31]

    var sequence: UInt32
    var identity: JournalIdentity
    var unitExponent: UInt8
    /// What the bank says is a refusal, not a download; nil: it is a download.
    var refusal: JournalRefusal?
    /// Downloads of this representation that were refused, see above.
    var refusals: UInt8
    /// Of a download: the first 8 bytes, little-endian, of the SHA-256 of an image of the same version that was rolled
    /// back; 0: there is none.
    var tried: UInt64

    /// Writes the 48 bytes.
    func encode() -> InlineArray<48, UInt8> {
        var bytes = InlineArray<48, UInt8>(repeating: 0)
        for index in 0..<4 { bytes[index] = Self.magic[index] }
        Self.put(sequence, at: 4, into: &bytes)
        bytes[8] = UInt8(truncatingIfNeeded: identity.productID)
        bytes[9] = UInt8(truncatingIfNeeded: identity.productID >> 8)
        bytes[11] = identity.szx
        Self.put(identity.sizeBytes, at: 12, into: &bytes)
        bytes[16] = unitExponent
        bytes[17] = identity.isSizeExact ? 1 : 0
        if let etag = identity.etag {
            bytes[10] = UInt8(truncatingIfNeeded: etag.byteCount)
            for index in 0..<min(etag.byteCount, 8) { bytes[20 + index] = etag[index] ?? 0 }
        }
        bytes[28] = identity.version.major
        bytes[29] = identity.version.minor
        bytes[30] = UInt8(truncatingIfNeeded: identity.version.revision)
        bytes[31] = UInt8(truncatingIfNeeded: identity.version.revision >> 8)
        Self.put(identity.version.build, at: 32, into: &bytes)
        bytes[18] = refusal?.code ?? 0
        bytes[19] = refusals
        Self.put(refusal?.found ?? UInt32(truncatingIfNeeded: tried), at: 36, into: &bytes)
        Self.put(refusal?.judgedBy ?? UInt32(truncatingIfNeeded: tried >> 32), at: 40, into: &bytes)
        Self.put(Self.checksum(bytes), at: 44, into: &bytes)
        return bytes
    }

    /// Reads a header; nil for anything that is not one, whole and with fields that make sense.
    init?(_ bytes: InlineArray<48, UInt8>) {
        for index in 0..<4 where bytes[index] != Self.magic[index] { return nil }
        guard Self.get(bytes, at: 44) == Self.checksum(bytes), bytes[10] <= 8, bytes[11] <= 6,
            Self.unitExponentRange.contains(bytes[16]), bytes[17] <= 1
        else { return nil }
        let etagBytes = bytes.span.bytes.extracting(20..<20 + Int(bytes[10]))
        self.sequence = Self.get(bytes, at: 4)
        self.unitExponent = bytes[16]
        self.refusal = JournalRefusal(
            code: bytes[18],
            found: Self.get(bytes, at: 36),
            judgedBy: Self.get(bytes, at: 40)
        )
        self.refusals = bytes[19]
        self.tried = bytes[18] == 0 ? UInt64(Self.get(bytes, at: 36)) | UInt64(Self.get(bytes, at: 40)) << 32 : 0
        self.identity = JournalIdentity(
            productID: UInt16(bytes[8]) | UInt16(bytes[9]) << 8,
            etag: ETag(bytes: etagBytes),
            szx: bytes[11],
            sizeBytes: Self.get(bytes, at: 12),
            isSizeExact: bytes[17] == 1,
            version: ImageVersion(
                major: bytes[28],
                minor: bytes[29],
                revision: UInt16(bytes[30]) | UInt16(bytes[31]) << 8,
                build: Self.get(bytes, at: 32)
            )
        )
    }

    init(
        sequence: UInt32,
        identity: JournalIdentity,
        unitExponent: UInt8,
        refusal: JournalRefusal? = nil,
        refusals: UInt8 = 0,
        tried: UInt64 = 0
    ) {
        self.sequence = sequence
        self.identity = identity
        self.unitExponent = unitExponent
        self.refusal = refusal
        self.refusals = refusals
        self.tried = tried
    }

    private static func checksum(_ bytes: InlineArray<48, UInt8>) -> UInt32 {
        var crc = CRC32()
        crc.update(bytes.span.bytes.extracting(0..<44))
        return crc.value
    }

    private static func put(_ value: UInt32, at offset: Int, into bytes: inout InlineArray<48, UInt8>) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }

    private static func get(_ bytes: InlineArray<48, UInt8>, at offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(bytes[offset + index]) << UInt32(8 * index) }
        return value
    }
}
