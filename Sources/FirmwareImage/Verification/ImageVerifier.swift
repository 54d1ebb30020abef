import Flash

/// Verifies MCUboot images: structure, digest, signature, product.
///
/// The signature is Ed25519 over the 32 bytes of the SHA-256 image digest, or ECDSA on P-256 with that digest. The
/// former is what `imgtool sign` makes for an Ed25519 key unless `--pure` is given (`imgtool/image.py`, `create`:
/// "Unless pure, we are signing digest"; the hash for Ed25519 is SHA-256 by `ALLOWED_KEY_SHA`), and what MCUboot checks
/// without `MCUBOOT_SIGN_PURE` (`image_validate.c`).
///
/// Memory: the buffer of one kilobyte below and the library's hash state, on the stack. Reads: each byte of the image
/// once, its header twice and its TLV entries three times.
/// Steps: `feedWatchdog` of the source is called before every KiB.
public enum ImageVerifier<Cryptography: DeviceCryptography> {
    /// Verifies the image at the start of `source`.
    ///
    /// - Parameters:
    ///   - source: the image and whatever follows it, such as the rest of a slot.
    ///   - anchors: the keys to accept; with none nothing verifies.
    ///   - expectedProduct: the product id that the image must carry; `nil`: any, or none.
    ///   - pinned: images that need no signature, as they were verified before.
    /// - Returns: what is known of the image now.
    /// - Throws: the first reason found not to boot it. Product and structure are checked before the digest, which is
    ///   expensive, and the signature last; so `wrongProduct` does not say that the image is authentic.
    public static func verify<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        anchors: TrustAnchors,
        expectedProduct: UInt16?,
        pinned: PinnedImages = PinnedImages()
    ) throws(ImageError) -> VerifiedImage {
        let layout = try ImageLayout(reading: &source)
        let claims = try ImageClaims(reading: &source, layout: layout)
        if let expectedProduct {
            guard let found = claims.productID else { throw .missingProduct(expected: expectedProduct) }
            guard found == expectedProduct else { throw .wrongProduct(found: found, expected: expectedProduct) }
        }
        let digest = try digest(of: &source, byteCount: layout.hashedSizeBytes)
        guard digest == claims.digest else { throw .digestMismatch }
        let keyHash: SHA256Digest?
        do throws(ImageError) {
            keyHash = try verifiedKeyHash(&source, layout: layout, digest: digest, anchors: anchors)
        } catch {
            guard pinned.contains(digest), error == .unknownKey || error == .badSignature else { throw error }
            keyHash = nil
        }
        // What is said of the image was read before the digest was made. A read may be wrong, and this one would count.
        let layoutAgain = try ImageLayout(reading: &source)
        let claimsAgain = try ImageClaims(reading: &source, layout: layout)
        guard layoutAgain == layout, claimsAgain == claims else { throw .digestMismatch }
        return VerifiedImage(
            header: layout.header,
            productID: claims.productID,
            securityCounter: claims.securityCounter,
            digest: digest,
            totalSizeBytes: layout.totalSizeBytes,
            keyHash: keyHash
        )
    }

    /// SHA-256 of the first `byteCount` bytes of a source. With `totalSizeBytes` of an image: the payload's digest, of
    /// which the ETag is the start.
    ///
    /// - Throws: `source`.
    public static func digest<Source: ByteSource & ~Copyable>(
        of source: inout Source,
        byteCount: UInt32
    ) throws(ImageError) -> SHA256Digest {
        var hash = Cryptography.SHA256()
        var buffer = InlineArray<1024, UInt8>(repeating: 0)
        var offset: UInt32 = 0
        while offset < byteCount {
            source.feedWatchdog()
            let count = Int(min(byteCount - offset, 1024))
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            var chunk = bytes.window(0..<count)
            try ImageReader.read(&source, at: offset, into: &chunk)
            hash.update(chunk.bytes)
            offset += UInt32(count)
        }
        return hash.finalize()
    }

    /// Tries the signatures whose key hash is that of an anchor.
    private static func verifiedKeyHash<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        layout: ImageLayout,
        digest: SHA256Digest,
        anchors: TrustAnchors
    ) throws(ImageError) -> SHA256Digest {
        var signer: (anchor: TrustAnchor, keyHash: SHA256Digest)?
        var failures = 0
        var cursor = TLVCursor(layout)
        while let entry = try cursor.next(&source) {
            switch entry.type {
            case .keyHash where entry.lengthBytes != SHA256Digest.byteCount:
                // Another hash's; no anchor has it.
                signer = nil
            case .keyHash:
                let keyHash = SHA256Digest(value: try ImageReader.bytes32(&source, of: entry))
                signer = Cryptography.anchor(withHash: keyHash, in: anchors).map { ($0, keyHash) }
            case .ed25519, .ecdsa:
                guard let candidate = signer else { continue }
                signer = nil
                // The signature is of another kind than the key.
                guard (entry.type == .ecdsa) == (candidate.anchor.algorithm == .ecdsaP256) else { continue }
                if try isValid(&source, entry, digest: digest, anchor: candidate.anchor) { return candidate.keyHash }
                // A hostile image must not cost more tries than there can be keys.
                failures += 1
                guard failures < TrustAnchors.capacity else { throw .badSignature }
            case .rsa2048, .rsa3072:
                signer = nil
            default:
                break
            }
        }
        throw failures > 0 ? .badSignature : .unknownKey
    }

    /// Reads a signature, which is of the key's kind, and tries it.
    private static func isValid<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        _ entry: TLVEntry,
        digest: SHA256Digest,
        anchor: TrustAnchor
    ) throws(ImageError) -> Bool {
        switch anchor.algorithm {
        case .ed25519:
            var signature = InlineArray<64, UInt8>(repeating: 0)
            try ImageReader.read(&source, at: entry.valueOffset, into: &signature)
            return Cryptography.isValid(signature: signature.span.bytes, digest: digest, anchor: anchor)
        case .ecdsaP256:
            let byteCount = Int(entry.lengthBytes)
            guard byteCount <= ECDSASignature.maximumDERByteCount else { return false }
            var buffer = InlineArray<72, UInt8>(repeating: 0)
            do {
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                var window = bytes.window(0..<byteCount)
                try ImageReader.read(&source, at: entry.valueOffset, into: &window)
            }
            guard let signature = ECDSASignature(der: buffer.span.bytes.extracting(first: byteCount)) else {
                return false
            }
            return Cryptography.isValid(signature: signature.bytes, digest: digest, anchor: anchor)
        }
    }
}
