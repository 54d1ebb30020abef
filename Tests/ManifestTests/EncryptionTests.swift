import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest
import Testing

/// Content keys and what is encrypted with them.
@Suite(.timeLimit(.minutes(15))) struct EncryptionTests {
    private func manifest(_ info: [UInt8]) throws -> EncryptionInfo? {
        var contents = try Fixture().contents
        contents.payload.encryptionInfo = info
        return try Fixture.offer(Fixture.envelope(contents)).payload.encryption
    }

    private func apply(_ key: ContentKey, _ bytes: [UInt8], at offset: UInt32 = 0) -> [UInt8] {
        var bytes = bytes
        var span = bytes.mutableSpan
        var window = span.mutableBytes
        key.apply(to: &window, at: offset, with: Fixture.recipient)
        return bytes
    }

    /// draft-ietf-suit-firmware-encryption, the example of ECDH-ES + A128KW with AES-CTR.
    @Test func theDraftsExampleIsDecrypted() throws {
        let info = Examples.hex(
            """
            D8608440A20139FFFD0550DAE613B2E0DC55F4322BE38BDBA9DC68F68183
            44A101381CA120A401022001215820EE0718F6B019C29CC611C18CEDE221
            4066DDCEDC2F0DBEF873CB224C715C1174225820279F2A88E4AB9E2ED30C
            0FCB69515B31B5D36725BFDB9AE02032ED4D5AB52CB85818E28B4502E4F5
            151884A995405579006E9465C3E94E3E0808
            """
        )
        let device = try #require(
            HostDecryption(
                .p256,
                privateKey: Examples.hex("60FE6DD6D85D5740A5349B6F91267EEAC5BA81B8CB53EE249E4B4EB102C476B3")
            )
        )
        let payload = Examples.hex("2BB8DB522AE978246CC775C3B0241BD4B0333FFDD2DB70C7EE7A4966E3B7")
        let read = try #require(try manifest(info))
        let key = try read.contentKey(with: device)
        #expect(String(decoding: apply(key, payload), as: UTF8.self) == "This is a real firmware image.")
        #expect(throws: ManifestError.wrongRecipient) {
            try read.contentKey(with: HostDecryption(.p256))
        }
        #expect(throws: ManifestError.wrongRecipient) {
            try read.contentKey(with: HostDecryption(.x25519))
        }
    }

    @Test(arguments: AgreementCurve.allCases)
    func anyPartIsDecryptedByItself(curve: AgreementCurve) throws {
        let device = HostDecryption(curve)
        let plain = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 31) }
        let encrypted = try EncryptedPayload(plain, to: RecipientKey(device))
        #expect(encrypted.bytes.count == plain.count)
        #expect(encrypted.bytes != plain)
        let key = try #require(try manifest(encrypted.info)).contentKey(with: device)
        #expect(apply(key, encrypted.bytes) == plain)
        for (offset, count) in [(0, 16), (16, 16), (1, 5), (7, 40), (15, 1), (15, 2), (31, 33), (999, 1), (500, 0)] {
            let part = Array(encrypted.bytes[offset..<offset + count])
            #expect(
                apply(key, part, at: UInt32(offset)) == Array(plain[offset..<offset + count]),
                "\(offset), \(count)"
            )
        }
        // Once more: another key, another counter.
        #expect(try EncryptedPayload(plain, to: RecipientKey(device)).bytes != encrypted.bytes)
    }

    @Test func theCounterCarries() throws {
        let zero = [UInt8](repeating: 0, count: 16)
        let counter = [UInt8](repeating: 0xFF, count: 15) + [0xFE]
        let last = ContentKey(key: zero.span.bytes, counter: counter.span.bytes)
        let first = ContentKey(key: zero.span.bytes)
        let key = try #require(last)
        let wrapped = try #require(first)
        let whole = apply(key, [UInt8](repeating: 0, count: 64))
        // Two blocks later the counter is zero.
        #expect(Array(whole[32...]) == apply(wrapped, [UInt8](repeating: 0, count: 32)))
        #expect(apply(key, zero, at: 32) == Array(whole[32..<48]))
        // FIPS 197: AES-128 of zeros under a key of zeros.
        #expect(apply(wrapped, zero) == Examples.hex("66e94bd4ef8a2c3b884cfa59ca342b2e"))
        let short: [UInt8] = [1]
        let none = ContentKey(key: short.span.bytes)
        #expect(none == nil)
    }

    @Test func otherEncryptionIsRefused() throws {
        let good = try EncryptedPayload([1, 2, 3], to: RecipientKey(Fixture.recipient)).info
        _ = try #require(try manifest(good))
        var cases: [[UInt8]] = []
        for bit in 0..<good.count * 8 {
            var info = good
            info[bit / 8] ^= 1 << UInt8(bit % 8)
            cases.append(info)
        }
        var accepted = 0
        for info in cases + (0..<good.count).map({ Array(good[..<$0]) }) + [good + [0]] where !info.isEmpty {
            guard let read = try? manifest(info) else { continue }
            // A counter, a key or a wrapped key can be any bytes; another counter alone gives a key.
            accepted += 1
            _ = try? read.contentKey(with: Fixture.recipient)
        }
        #expect(accepted == 8 * (16 + 32 + 24))
        // AES-GCM.
        #expect(throws: ManifestError.unsupportedEncryption) {
            try manifest(Examples.hex("D8608443A10101A10550F14AAB9D81D51F7AD943FE87AF4F70CDF68180"))
        }
    }

    @Test(arguments: AgreementCurve.allCases)
    func mcubootsEncryptedImagesAreDecrypted(curve: AgreementCurve) throws {
        let device = HostDecryption(curve)
        let parameters = ImageParameters(
            version: ImageVersion(major: 1, minor: 2, revision: 3),
            productID: 7,
            securityCounter: 2
        )
        let binary = [0x20, 0x00, 0x01, 0x20] + [UInt8](repeating: 0x5A, count: 2001)
        let image = try EncryptedImage.make(
            binary: binary,
            parameters: parameters,
            key: Fixture.signer,
            recipient: RecipientKey(device)
        )
        let plain = try #require(EncryptedImage.decrypt(image, with: device))
        #expect(Array(plain[0x200..<0x200 + binary.count]) == binary)
        #expect(image[0x200..<0x300] != plain[0x200..<0x300])
        #expect(EncryptedImage.decrypt(image, with: HostDecryption(curve)) == nil)
        #expect(EncryptedImage.decrypt(plain.map { $0 ^ 1 }, with: device) == nil)
        #expect(EncryptedImage.decrypt([], with: device) == nil)
        // A bootloader that does not decrypt refuses it by its flag.
        var source = MemorySource(image)
        #expect(throws: ImageError.unsupportedFlags(4)) {
            try ImageVerifier<HostCryptography>.verify(&source, anchors: Fixture.anchors(), expectedProduct: 7)
        }
    }

    private func key(_ type: TLVType, _ byte: UInt8, _ count: Int) -> EncryptedKey? {
        let value = [UInt8](repeating: byte, count: count)
        return EncryptedKey(type, value: value.span.bytes)
    }

    @Test func valuesThatAreNoKeyAreRefused() {
        let lengths: [(TLVType, Int)] = [(.encryptedKeyX25519, 80), (.encryptedKeyP256, 113)]
        for (type, length) in lengths {
            for count in [0, length - 1, length + 1] {
                #expect(key(type, 4, count) == nil)
            }
            #expect(key(type, 4, length) != nil)
            #expect(key(.sha256, 4, length) == nil)
        }
        #expect(key(.encryptedKeyP256, 3, 113) == nil)
        #expect(key(.encryptedKeyP256, 4, 113)?.contentKey(with: HostDecryption(.p256)) == nil)
    }
}
