/// What the TLV entries of an image say, before anything of it is verified.
struct ImageClaims: Equatable {
    var digest: SHA256Digest
    var productID: UInt16?
    var securityCounter: UInt32?

    /// Reads every entry once.
    ///
    /// Order of entries does not matter but for a key hash, which stands before its signature. One digest, one product
    /// id and one security counter at most: with two, another implementation could use the other one.
    init<Source: ByteSource & ~Copyable>(
        reading source: inout Source,
        layout: ImageLayout
    ) throws(ImageError) {
        var digest: SHA256Digest?
        var cursor = TLVCursor(layout)
        while let entry = try cursor.next(&source) {
            guard entry.isProtected || entry.type.isAllowedUnprotected else {
                throw .unprotectedTLV(type: entry.type.rawValue)
            }
            switch entry.type {
            case .sha256:
                guard digest == nil else { throw .duplicateTLV(type: entry.type.rawValue) }
                digest = SHA256Digest(value: try ImageReader.bytes32(&source, of: entry))
            case .productID:
                guard productID == nil else { throw .duplicateTLV(type: entry.type.rawValue) }
                productID = try ImageReader.uint16(&source, of: entry)
            case .securityCounter:
                guard securityCounter == nil else { throw .duplicateTLV(type: entry.type.rawValue) }
                securityCounter = try ImageReader.uint32(&source, of: entry)
            case .ed25519 where entry.lengthBytes != 64:
                throw .malformedTLV(type: entry.type.rawValue)
            default:
                break
            }
        }
        guard let digest else { throw .missingDigest }
        self.digest = digest
    }
}
