import FirmwareImage

/// Makes signed answers to "is there anything newer?"; `Freshness` of the module Manifest reads them.
public enum SignedFreshness {
    /// - Parameters:
    ///   - nonce: what the request had, 8…32 bytes; other lengths trap.
    ///   - latestSequence: the sequence number of the newest manifest.
    ///   - expiry: seconds since 1970, UTC.
    ///   - key: signs.
    /// - Returns: the answer's bytes.
    /// - Throws: ``KeyError``.
    public static func make(
        nonce: [UInt8],
        latestSequence: UInt32,
        expiry: UInt32,
        key: SigningKey
    ) throws(KeyError) -> [UInt8] {
        precondition((8...32).contains(nonce.count), "a nonce has 8 to 32 bytes")
        let payload = CBORWriter.encoded {
            $0.map(3)
            $0.unsigned(1)
            $0.byteString(nonce)
            $0.unsigned(2)
            $0.unsigned(latestSequence)
            $0.unsigned(3)
            $0.unsigned(expiry)
        }
        let signature = try key.signature(message: COSESign1.message(key.algorithm, payload: payload))
        return try COSESign1.encoded(key.verificationKey, payload: payload, signature: signature)
    }
}
