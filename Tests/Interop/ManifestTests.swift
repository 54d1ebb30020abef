import FirmwareImage
import FirmwarePackaging
import Foundation
import HostCryptography
import Manifest
import Testing

/// Envelopes, freshness answers and encrypted payloads of ours that programs of others read, and images that imgtool
/// encrypted.
@Suite(.timeLimit(.minutes(15))) struct ManifestTests {
    private static let plain = (0..<5000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }

    /// Verifies with cryptography what cbor2 took apart, then once more with pycose, and decrypts the payload.
    private static let reader = """
        import hashlib, sys, cbor2
        from cryptography.hazmat.primitives import hashes, keywrap, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, utils, x25519
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        from pycose.keys import CoseKey
        from pycose.messages import Sign1Message
        envelope, freshness, payload, key, secret = [open(name, "rb").read() for name in sys.argv[1:]]
        key = serialization.load_pem_public_key(key)
        secret = serialization.load_pem_private_key(secret, None)
        def cose_key():
            if isinstance(key, ec.EllipticCurvePublicKey):
                numbers = key.public_numbers()
                return {1: 2, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
            raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {1: 1, -1: 6, -2: raw}
        def verify(block, payload):
            protected, header, attached, signature = cbor2.loads(block).value
            message = cbor2.dumps(["Signature1", protected, b"", payload])
            if isinstance(key, ec.EllipticCurvePublicKey):
                r, s = [int.from_bytes(half, "big") for half in (signature[:32], signature[32:])]
                key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
            else:
                key.verify(signature, message)
            # pycose 1.1 does not know the immutable lists and maps that cbor2 6 gives for what is tagged.
            read = Sign1Message.from_cose_obj([protected, dict(header), attached, signature], False)
            read.key = CoseKey.from_dict(cose_key())
            assert read.verify_signature(detached_payload=None if attached else payload)
        outer = cbor2.loads(envelope)
        assert outer.tag == 107 and cbor2.dumps(outer, canonical=True) == envelope
        digest, block = cbor2.loads(outer.value[2])
        assert cbor2.loads(digest) == [-16, hashlib.sha256(cbor2.dumps(outer.value[3])).digest()]
        verify(block, digest)
        answer = cbor2.loads(freshness).value[2]
        verify(freshness, answer)
        assert cbor2.loads(answer) == {1: bytes(range(8)), 2: 9, 3: 1000}
        install = cbor2.loads(cbor2.loads(outer.value[3])[20])
        info = cbor2.loads(install[1][19]).value
        protected, header, wrapped = info[3][0]
        ephemeral = header[-1]
        if isinstance(secret, x25519.X25519PrivateKey):
            shared = secret.exchange(x25519.X25519PublicKey.from_public_bytes(ephemeral[-2]))
        else:
            point = bytes([3 if ephemeral[-3] else 2]) + ephemeral[-2]
            shared = secret.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        none = [None, None, None]
        context = cbor2.dumps([-3, none, none, [128, protected, b"SUIT Payload Encryption"]])
        wrapping = HKDF(hashes.SHA256(), 16, None, context).derive(shared)
        content = keywrap.aes_key_unwrap(wrapping, wrapped)
        decryptor = Cipher(algorithms.AES(content), modes.CTR(info[1][5])).decryptor()
        sys.stdout.write(hashlib.sha256(decryptor.update(payload)).hexdigest())
        """

    /// A key pair that openssl made.
    private func agreementKey(_ curve: AgreementCurve, in folder: TemporaryFolder) throws -> String {
        let path = folder.path("\(curve).pem")
        let algorithm = curve == .x25519 ? ["X25519"] : ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        let result = try RunningProgram.run(
            Programs.system("openssl"),
            ["genpkey", "-out", path, "-algorithm"] + algorithm
        )
        guard result.succeeded else { throw ProgramError("openssl: \(result)") }
        return path
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test(arguments: AgreementCurve.allCases, SignatureAlgorithm.allCases)
    func pythonReadsOurManifests(curve: AgreementCurve, algorithm: SignatureAlgorithm) throws {
        let folder = try TemporaryFolder()
        let secret = try agreementKey(curve, in: folder)
        let device = try HostDecryption(pem: text(secret))
        #expect(device.curve == curve)
        let payload = try EncryptedPayload(Self.plain, to: RecipientKey(device))
        let key = SigningKey(algorithm)
        let vendor = DeviceIdentity.Identifier(vendorDomain: "example.com")
        var manifest = SignedManifest(
            ManifestContents(
                sequenceNumber: 9,
                vendor: vendor,
                deviceClass: DeviceIdentity.Identifier(className: "node", vendor: vendor),
                productID: 7,
                version: ImageVersion(major: 1, minor: 2, revision: 3, build: 4),
                imageDigest: SHA256Digest(of: Self.plain),
                imageSizeBytes: UInt32(Self.plain.count),
                payload: ManifestContents.Payload(
                    uri: "1.2.3",
                    sizeBytes: UInt32(payload.bytes.count),
                    digest: SHA256Digest(of: payload.bytes),
                    encryptionInfo: payload.info
                )
            )
        )
        try manifest.sign(key)
        let freshness = try SignedFreshness.make(nonce: Array(0..<8), latestSequence: 9, expiry: 1000, key: key)
        let files = [
            try folder.write(Data(manifest.envelope()), to: "envelope"),
            try folder.write(Data(freshness), to: "freshness"),
            try folder.write(Data(payload.bytes), to: "payload"),
            try folder.write(Data(key.verificationKey.pem().utf8), to: "key.pem"), secret,
        ]
        let result = try RunningProgram.run(Programs.python("python"), ["-c", Self.reader] + files)
        #expect(result.succeeded, "\(result)")
        let digest = SHA256Digest(of: Self.plain)
        let expected = (0..<32).map { String(format: "%02x", digest[$0]) }.joined()
        #expect(result.text == expected)
    }

    @Test(arguments: AgreementCurve.allCases)
    func weDecryptWhatImgtoolEncrypted(curve: AgreementCurve) throws {
        let folder = try TemporaryFolder()
        let imgtool = try Programs.python("imgtool")
        let (signing, recipient, publicKey) = (folder.path("k"), folder.path("r"), folder.path("p"))
        let (signed, encrypted) = (folder.path("signed.bin"), folder.path("encrypted.bin"))
        let app = try folder.write(Data([0x20, 0, 1, 0x20] + Self.plain), to: "app.bin")
        let sign = [
            "sign", "--key", signing, "--header-size", "0x200", "--pad-header", "--slot-size", "65536", "--align", "4",
            "--version", "1.2.3",
        ]
        for step in [
            ["keygen", "--key", signing, "--type", "ed25519"],
            ["keygen", "--key", recipient, "--type", curve == .x25519 ? "x25519" : "ecdsa-p256"],
            ["getpub", "--key", recipient, "--encoding", "pem", "--output", publicKey],
            sign + ["--encrypt", publicKey, app, encrypted],
            sign + ["--encrypt", publicKey, "--clear", app, signed],
        ] {
            let result = try RunningProgram.run(imgtool, step)
            guard result.succeeded else { throw ProgramError("imgtool \(step): \(result)") }
        }
        let device = try HostDecryption(pem: text(recipient))
        let image = try Array(Data(contentsOf: URL(fileURLWithPath: encrypted)))
        let clear = try Array(Data(contentsOf: URL(fileURLWithPath: signed)))
        let plain = try #require(EncryptedImage.decrypt(image, with: device))
        // imgtool's own plain form of the same image: header, body and what is behind it up to the image's key.
        let count = 0x200 + 4 + Self.plain.count
        #expect(plain[..<count] == clear[..<count])
        #expect(image[..<count] != clear[..<count])
        #expect(EncryptedImage.decrypt(image, with: HostDecryption(curve)) == nil)

        // And the other way round: imgtool verifies our image, once it is decrypted with its key.
        let key = try SigningKey(pem: text(signing))
        let ours = try EncryptedImage.make(
            binary: [0x20, 0, 1, 0x20] + Self.plain,
            parameters: ImageParameters(version: ImageVersion(major: 1, minor: 2, revision: 3), productID: 7),
            key: key,
            recipient: RecipientKey(pem: text(publicKey))
        )
        let decrypted = try #require(EncryptedImage.decrypt(ours, with: device))
        let file = try folder.write(Data(decrypted), to: "decrypted.bin")
        let result = try RunningProgram.run(imgtool, ["verify", "--key", signing, file])
        #expect(result.succeeded && result.text.contains("Image was correctly validated"), "\(result)")
    }
}
