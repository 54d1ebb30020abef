import FirmwareImage
public import HostCryptography

/// Encrypted MCUboot images, as `imgtool sign --encrypt` makes them: for bootloaders that decrypt during the swap. The
/// bootloader here does not; see `EncryptedKey`.
public enum EncryptedImage {
    /// Makes a signed image and encrypts its body.
    ///
    /// - Parameters:
    ///   - binary: the body; zeros are appended to a multiple of 16 bytes, as imgtool does.
    ///   - parameters: as of a plain image.
    ///   - key: signs the plain image.
    ///   - recipient: whose bootloader can decrypt it.
    /// - Returns: the image.
    /// - Throws: ``PackagingError``.
    public static func make(
        binary: [UInt8],
        parameters: ImageParameters,
        key: SigningKey,
        recipient: RecipientKey
    ) throws(PackagingError) -> [UInt8] {
        if let problem = BinaryProblem(in: binary) { throw .binary(problem) }
        let contentKey = (0..<16).map { _ in UInt8.random(in: 0...255) }
        let body = binary + [UInt8](repeating: 0, count: (16 - binary.count % 16) % 16)
        var entries: [ImageAssembler.Entry] = []
        if let counter = parameters.securityCounter { entries.append(.securityCounter(counter)) }
        if let productID = parameters.productID { entries.append(.productID(productID)) }
        let keyEntry: ImageAssembler.Entry
        let keyHash: SHA256Digest
        var image: [UInt8]
        let signature: SigningKey.Signature
        let digest: SHA256Digest
        do {
            keyEntry = try encryptedKey(contentKey, to: recipient)
            image = try ImageAssembler.unsigned(
                body: body,
                version: parameters.version,
                headerSizeBytes: parameters.headerSizeBytes,
                flags: .encryptedAES128,
                protectedEntries: entries
            )
            for index in ImageHeader.byteCount..<Int(parameters.headerSizeBytes) {
                image[index] = parameters.erasedValue
            }
            digest = SHA256Digest(of: image)
            keyHash = try key.verificationKey.keyHash()
            signature = try key.signature(of: digest)
        } catch let error as KeyError {
            throw .key(error)
        } catch let error as ImageError {
            throw .image(error)
        } catch {
            throw .key(.malformed)
        }
        apply(contentKey, to: &image, header: Int(parameters.headerSizeBytes), body: body.count)
        do {
            return try image
                + ImageAssembler.area(
                    isProtected: false,
                    [
                        ImageAssembler.Entry(type: .sha256, value: digest.array()),
                        ImageAssembler.Entry(type: .keyHash, value: keyHash.array()), signature.tlv, keyEntry,
                    ]
                )
        } catch {
            throw .image(error)
        }
    }

    /// Decrypts an image's body, in place of the encrypted one; header and TLVs stay as they are.
    ///
    /// - Parameters:
    ///   - image: a whole image.
    ///   - key: the recipient's private key.
    /// - Returns: the image that its digest and signature are of; `nil`: it is not encrypted with AES-128, or not to
    ///   this key.
    public static func decrypt(_ image: [UInt8], with key: HostDecryption) -> [UInt8]? {
        guard let header = try? ImageHeader(decoding: image.span.bytes), header.flags.contains(.encryptedAES128) else {
            return nil
        }
        // Layouts are of images that can run; but for this flag it is one.
        var runnable = image
        runnable[16] &= ~UInt8(truncatingIfNeeded: ImageFlags.encryptedAES128.rawValue)
        var source = MemorySource(runnable)
        guard let layout = try? ImageLayout(reading: &source) else { return nil }
        var cursor = TLVCursor(layout)
        while let entry = try? cursor.next(&source) {
            let offset = Int(entry.valueOffset)
            let value = Array(image[offset..<offset + Int(entry.lengthBytes)])
            guard let encrypted = EncryptedKey(entry.type, value: value.span.bytes) else { continue }
            guard let contentKey = encrypted.contentKey(with: key) else { return nil }
            var plain = image
            let start = Int(header.headerSizeBytes)
            var span = plain.mutableSpan
            var bytes = span.mutableBytes
            var body = bytes._mutatingExtracting(start..<start + Int(header.bodySizeBytes))
            contentKey.apply(to: &body, at: 0, with: key)
            return plain
        }
        return nil
    }

    private static func apply(_ key: [UInt8], to image: inout [UInt8], header: Int, body count: Int) {
        guard let key = ContentKey(key: key.span.bytes) else { preconditionFailure("a key has 16 bytes") }
        var span = image.mutableSpan
        var bytes = span.mutableBytes
        var body = bytes._mutatingExtracting(header..<header + count)
        key.apply(to: &body, at: 0, with: HostDecryption(.x25519))
    }

    /// ECIES as MCUboot has it: `EncryptedKey` reads it.
    private static func encryptedKey(
        _ contentKey: [UInt8],
        to recipient: RecipientKey
    ) throws(KeyError) -> ImageAssembler.Entry {
        let sender = HostDecryption(recipient.curve)
        let info = Array("MCUBoot_ECIES_v1".utf8)
        let derived = try EncryptedPayload.derive(48, recipient, sender, info: info.span.bytes)
        var encrypted = contentKey
        apply(Array(derived[..<16]), to: &encrypted, header: 0, body: 16)
        let code = HostDecryption.hmacSHA256(encrypted, key: Array(derived[16...]))
        let type: TLVType = recipient.curve == .x25519 ? .encryptedKeyX25519 : .encryptedKeyP256
        return ImageAssembler.Entry(type: type, value: sender.publicPoint + code + encrypted)
    }
}
