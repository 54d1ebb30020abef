import FirmwareImage

extension CBORReader {
    /// Reads a SUIT_Digest: `[-16, h'…']`; SHA-256 and nothing else.
    ///
    /// - Returns: where its 32 bytes are.
    @inline(never)
    mutating func suitDigest() throws(ManifestError) -> Slice {
        try array(count: 2)
        let algorithm = try integer()
        // RFC 9054 § 2.1.
        guard algorithm == -16 else { throw .unsupportedDigest(algorithm) }
        return try byteString(count: UInt16(SHA256Digest.byteCount))
    }

    /// Reads a byte string that holds a SUIT_Digest and nothing else.
    mutating func wrappedDigest(_ bytes: RawSpan) throws(ManifestError) -> Slice {
        var inner = CBORReader(bytes, try byteString())
        let digest = try inner.suitDigest()
        try inner.finish()
        return digest
    }
}
