import FirmwareImage
import Flash

/// The custom parameter -257: what SUIT has no parameter for. A map whose keys are these:
/// ```
///  1 product          uint 0…65535
///  2 version          [major, minor, revision, ? build]
///  3 security counter uint
///  4 image key        bstr, 4…32 bytes of the key hash
///  5 payload size     uint
///  6 payload digest   bstr, 16…32 bytes of the SHA-256
///  7 codec            uint
///  8 room             uint
///  9 precursor        bstr, 8…32 bytes of the SHA-256
/// 10 block size       uint, exponent of 2
/// 11 block digests    bstr, 16…32 bytes of the list's SHA-256
/// ```
struct UpdateInformation {
    enum Key {
        static let product: Int32 = 1
        static let version: Int32 = 2
        static let securityCounter: Int32 = 3
        static let imageKey: Int32 = 4
        static let payloadSize: Int32 = 5
        static let payloadDigest: Int32 = 6
        static let codec: Int32 = 7
        static let room: Int32 = 8
        static let precursor: Int32 = 9
        static let blockSize: Int32 = 10
        static let blockDigests: Int32 = 11
    }

    private(set) var productID: UInt16?
    private(set) var version: ImageVersion?
    private(set) var securityCounter: UInt32 = 0
    private(set) var imageKey: DigestPrefix?
    private(set) var payloadSizeBytes: UInt32?
    private(set) var payloadDigest: DigestPrefix?
    private(set) var codec = PayloadCodec.image
    private(set) var roomBytes: UInt32?
    private(set) var precursor: DigestPrefix?
    private(set) var blockSizeExponent: UInt8?
    private(set) var blockListDigest: DigestPrefix?

    /// Reads it.
    ///
    /// - Parameters:
    ///   - bytes: what the slice is of.
    ///   - slice: the parameter's contents; empty: there is none.
    /// - Throws: what cannot be, or is not supported.
    init(_ bytes: RawSpan, _ slice: Slice) throws(ManifestError) {
        guard !slice.isEmpty else { return }
        var reader = CBORReader(bytes, slice)
        let count = try reader.map()
        var previous: Int64 = -1
        for _ in 0..<count {
            let key = try reader.key(after: &previous)
            switch key {
            case Key.product: productID = UInt16(truncatingIfNeeded: try reader.unsigned(through: 0xFFFF))
            case Key.version: version = try Self.version(&reader)
            case Key.securityCounter: securityCounter = try reader.unsigned()
            case Key.imageKey: imageKey = try Self.digest(&reader, bytes, least: 4, key)
            case Key.payloadSize: payloadSizeBytes = try reader.unsigned()
            case Key.payloadDigest: payloadDigest = try Self.digest(&reader, bytes, least: 16, key)
            case Key.codec:
                let number = try reader.unsigned()
                guard let known = UInt8(exactly: number), let codec = PayloadCodec(rawValue: known) else {
                    throw .unsupportedCodec(number)
                }
                self.codec = codec
            case Key.room: roomBytes = try reader.unsigned()
            case Key.precursor: precursor = try Self.digest(&reader, bytes, least: 8, key)
            case Key.blockSize: blockSizeExponent = UInt8(truncatingIfNeeded: try reader.unsigned(through: 0xFF))
            case Key.blockDigests: blockListDigest = try Self.digest(&reader, bytes, least: 16, key)
            default: throw .unsupportedInformation(key)
            }
        }
        try reader.finish()
    }

    private static func version(_ reader: inout CBORReader) throws(ManifestError) -> ImageVersion {
        let count = try reader.array()
        guard count == 3 || count == 4 else { throw .malformedInformation(Key.version) }
        return ImageVersion(
            major: UInt8(truncatingIfNeeded: try reader.unsigned(through: 0xFF)),
            minor: UInt8(truncatingIfNeeded: try reader.unsigned(through: 0xFF)),
            revision: UInt16(truncatingIfNeeded: try reader.unsigned(through: 0xFFFF)),
            build: count == 4 ? try reader.unsigned() : 0
        )
    }

    @inline(never)
    private static func digest(
        _ reader: inout CBORReader,
        _ bytes: RawSpan,
        least: UInt16,
        _ key: Int32
    ) throws(ManifestError) -> DigestPrefix {
        let slice = try reader.byteString()
        guard slice.byteCount >= least, let digest = DigestPrefix(bytes: bytes.extracting(slice.range)) else {
            throw .malformedInformation(key)
        }
        return digest
    }
}
