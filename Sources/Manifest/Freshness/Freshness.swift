public import FirmwareImage
import Flash

/// A signed answer to "is there anything newer?": so that who holds updates back is noticed.
///
/// ```
/// 18([ << { 1: algorithm } >>, { ? 4: key id }, << { 1: nonce, 2: latest sequence number, 3: expiry } >>, signature ])
/// ```
public struct Freshness: Equatable, Sendable {
    /// Bytes that a nonce has.
    public static let nonceByteCounts = 8...32
    /// The longest answer that is read.
    public static let maximumByteCount = 192

    /// The sequence number of the newest manifest.
    public let latestSequence: UInt32
    /// Until when the answer holds: seconds since 1970, UTC.
    public let expiry: UInt32

    /// Verifies an answer.
    ///
    /// - Parameters:
    ///   - bytes: the whole answer, nothing behind it.
    ///   - nonce: what the request had, 8…32 random bytes.
    ///   - now: seconds since 1970; `nil`: the device has no clock. The nonce shows then that the answer is not older
    ///     than the request.
    ///   - anchors: the keys whose signatures count.
    ///   - cryptography: the device's.
    /// - Throws: what is against it; `wrongNonce` and `expired` after the signature.
    public init<Cryptography: DeviceCryptography>(
        reading bytes: RawSpan,
        nonce: RawSpan,
        now: UInt32?,
        anchors: TrustAnchors,
        with cryptography: Cryptography.Type
    ) throws(ManifestError) {
        guard bytes.byteCount <= Self.maximumByteCount else { throw .tooLarge(byteCount: bytes.byteCount) }
        let block = try SignatureBlock(bytes, Slice(0..<bytes.byteCount))
        guard !block.payload.isEmpty, Int(block.payload.byteCount) <= SignedMessage.maximumPayloadByteCount else {
            throw .unsupportedAuthentication
        }
        var check = SignatureCheck()
        try check.add(block, bytes, payload: block.payload, anchors: anchors, with: cryptography)
        _ = try check.finish(required: 1)

        var reader = CBORReader(bytes, block.payload)
        guard try reader.map() == 3, try reader.integer() == 1 else { throw .unexpectedType }
        let answered = try reader.byteString()
        guard try reader.integer() == 2 else { throw .unexpectedType }
        latestSequence = try reader.unsigned()
        guard try reader.integer() == 3 else { throw .unexpectedType }
        expiry = try reader.unsigned()
        try reader.finish()
        guard Self.nonceByteCounts.contains(nonce.byteCount),
            nonce.elementsEqual(bytes.extracting(answered.range))
        else { throw .wrongNonce }
        if let now, now >= expiry { throw .expired(at: expiry) }
    }
}
