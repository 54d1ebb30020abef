import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest
import Testing

/// What is encoded is what a device reads.
@Suite(.timeLimit(.minutes(15))) struct OfferTests {
    @Test func allOfItComesBack() throws {
        let fixture = try Fixture()
        let contents = fixture.contents
        let offer = try Fixture.offer(Fixture.envelope(contents))
        #expect(offer.sequenceNumber == 300)
        #expect(offer.signers.count == 1)
        #expect(offer.signers.first == (try Fixture.signer.verificationKey.keyHash()))
        #expect(offer.productID == 7)
        #expect(offer.version == contents.version)
        #expect(offer.securityCounter == 3)
        #expect(offer.imageKey == nil)
        #expect(offer.imageDigest == contents.imageDigest)
        #expect(offer.imageSizeBytes == contents.imageSizeBytes)
        let payload = offer.payload
        #expect(String(decoding: payload.uri.bytes.array, as: UTF8.self) == contents.payload.uri)
        #expect(payload.sizeBytes == contents.payload.sizeBytes)
        #expect(payload.digest.matches(contents.payload.digest))
        #expect(payload.digest.prefix64 == contents.payload.digest.prefix64)
        #expect(payload.codec == .delta)
        #expect(payload.roomBytes == 240_640)
        #expect(payload.precursor?.matches(SHA256Digest(of: Fixture.running)) == true)
        #expect(payload.blocks?.count == 3)
        #expect(payload.blocks?.listDigest.matches(fixture.blocks.digest) == true)
        let key = try #require(payload.encryption).contentKey(with: Fixture.recipient)
        var plain = fixture.payload
        do {
            var span = plain.mutableSpan
            var bytes = span.mutableBytes
            key.apply(to: &bytes, at: 0, with: Fixture.recipient)
        }
        #expect(plain == Fixture.plainPayload)
    }

    @Test func aPlainImageNeedsNoMore() throws {
        let image = [UInt8](repeating: 3, count: 500)
        var contents = try Fixture().contents
        contents.imageDigest = SHA256Digest(of: image)
        contents.imageSizeBytes = 500
        contents.payload = ManifestContents.Payload(uri: "1.4.2", sizeBytes: 500, digest: contents.imageDigest)
        contents.version = ImageVersion(major: 255, minor: 255, revision: 65535, build: .max)
        let offer = try Fixture.offer(Fixture.envelope(contents))
        #expect(offer.payload.digest.matches(contents.imageDigest))
        #expect(offer.payload.digest.byteCount == 32)
        #expect(offer.payload.sizeBytes == 500)
        #expect(offer.payload.roomBytes == 500)
        #expect(offer.payload.encryption == nil)
        #expect(offer.payload.precursor == nil)
        #expect(offer.payload.blocks == nil)
        #expect(offer.version == contents.version)
    }

    @Test func encodingIsDeterministic() throws {
        let contents = try Fixture().contents
        #expect(SignedManifest(contents).message(for: .ed25519) == SignedManifest(contents).message(for: .ed25519))
        #expect(try Fixture.envelope(contents) == Fixture.envelope(contents))
    }

    /// One signature and encryption: at most 450 bytes; each signature more: at most 80.
    @Test(arguments: AgreementCurve.allCases, SignatureAlgorithm.allCases)
    func theyAreShort(curve: AgreementCurve, algorithm: SignatureAlgorithm) throws {
        let contents = try Fixture(curve).contents
        let keys = (0..<4).map { _ in SigningKey(algorithm) }
        let sizes = try (1...4).map { try Fixture.envelope(contents, Array(keys.prefix($0))).count }
        #expect(sizes[0] <= 450)
        for index in 1..<4 { #expect(sizes[index] - sizes[index - 1] <= 80) }
        var plain = contents
        plain.payload.encryptionInfo = nil
        var image = plain
        image.payload = ManifestContents.Payload(
            uri: "1.4.2",
            sizeBytes: contents.imageSizeBytes,
            digest: contents.imageDigest
        )
        print(
            "manifest, \(curve), \(algorithm): \(sizes) bytes with 1 to 4 signatures;",
            "plain delta \(try Fixture.envelope(plain, [keys[0]]).count),",
            "plain image \(try Fixture.envelope(image, [keys[0]]).count)"
        )
    }

    @Test func asManyKeysMustSignAsThePolicySays() throws {
        let contents = try Fixture().contents
        let keys = [SigningKey(), SigningKey(.ecdsaP256), SigningKey(), SigningKey(.ecdsaP256)]
        let anchors = try Fixture.anchors(keys)
        func offer(_ signers: [SigningKey], required: UInt8, _ trusted: TrustAnchors? = nil) throws -> UpdateOffer {
            try Fixture.offer(
                Fixture.envelope(contents, signers),
                anchors: trusted ?? anchors,
                policy: ManifestPolicy(requiredSignatures: required, lastSequence: 0)
            )
        }
        #expect(try offer([keys[1]], required: 0).signers.count == 1)
        #expect(try offer([keys[1], keys[2]], required: 2).signers.count == 2)
        #expect(try offer(keys, required: 4).signers.count == 4)
        #expect(try offer([SigningKey(), keys[3]], required: 1).signers.first == keys[3].verificationKey.keyHash())
        #expect(throws: ManifestError.tooFewSignatures(found: 1, required: 2)) { try offer([keys[0]], required: 2) }
        #expect(throws: ManifestError.tooFewSignatures(found: 2, required: 3)) {
            try offer([keys[0], SigningKey(), keys[1]], required: 3)
        }
        let strangers = try Fixture.envelope(contents, [SigningKey(.ecdsaP256)])
        #expect(throws: ManifestError.unknownKey) { try Fixture.offer(strangers, anchors: Fixture.anchors()) }
    }

    @Test func oneKeyCountsOnce() throws {
        let contents = try Fixture().contents
        var manifest = SignedManifest(contents)
        try manifest.sign(Fixture.signer)
        #expect(throws: ManifestProblem.signedTwice) { try manifest.sign(Fixture.signer) }
        // By hand: the same block twice.
        let envelope = manifest.unverifiedEnvelope()
        let block = Array(envelope[45..<124])
        #expect(Array(block[0..<3]) == [0x58, 0x4D, 0xD2])
        let twice = envelope[..<4] + [0x58, 1 + 38 + 2 * 79, 0x83] + envelope[7..<124] + block + envelope[124...]
        #expect(throws: ManifestError.tooFewSignatures(found: 1, required: 2)) {
            try Fixture.offer(Array(twice), policy: ManifestPolicy(requiredSignatures: 2, lastSequence: 0))
        }
    }

    @Test func anotherProgramMaySign() throws {
        let contents = try Fixture().contents
        for key in [SigningKey(), SigningKey(.ecdsaP256)] {
            // The message that leaves; the signature that comes back.
            var ours = SignedManifest(contents)
            try ours.sign(key)
            let envelope = try ours.envelope()
            let signature = Array(envelope[124 - 64..<124])
            var theirs = SignedManifest(contents)
            #expect(theirs.message(for: key.algorithm).count == 55)
            try theirs.add(signature: signature, by: key.verificationKey)
            #expect(try theirs.envelope() == envelope)
            var wrong = SignedManifest(contents)
            #expect(throws: ManifestProblem.wrongSignature) {
                try wrong.add(signature: signature, by: SigningKey(key.algorithm).verificationKey)
            }
            #expect(throws: ManifestProblem.wrongSignature) {
                try wrong.add(signature: [], by: key.verificationKey)
            }
        }
        #expect(throws: ManifestProblem.refused(.unknownKey)) { try SignedManifest(contents).envelope() }
    }

    @Test func aDeviceCanTakeIt() throws {
        let offer = try Fixture.offer(Fixture.envelope(Fixture().contents))
        func check(_ state: DeviceState) throws {
            try offer.check(state, anchors: Fixture.anchors(), with: HostCryptography.self)
        }
        try check(Fixture.state())
        #expect(throws: ManifestError.wrongPrecursor) { try check(Fixture.state(running: [1])) }
        #expect(throws: ManifestError.wrongPrecursor) { try check(Fixture.state(running: nil)) }
        #expect(throws: ManifestError.securityCounterTooLow(found: 3, minimum: 4)) {
            try check(Fixture.state(counters: 4...9))
        }
        #expect(throws: ManifestError.securityCounterTooHigh(found: 3, maximum: 2)) {
            try check(Fixture.state(counters: 0...2))
        }
        #expect(throws: ManifestError.noRoom(neededBytes: 240_640, availableBytes: 240_639)) {
            try check(Fixture.state(roomBytes: 240_639))
        }
        #expect(throws: ManifestError.wrongRecipient) { try check(Fixture.state(canDecrypt: false)) }
    }

    @Test func theImagesKeyMustBeTrusted() throws {
        var contents = try Fixture().contents
        let other = SigningKey(.ecdsaP256)
        contents.imageKey = try other.verificationKey.keyHash()
        let offer = try Fixture.offer(Fixture.envelope(contents))
        #expect(throws: ManifestError.imageKeyNotTrusted) {
            try offer.check(Fixture.state(), anchors: Fixture.anchors(), with: HostCryptography.self)
        }
        try offer.check(Fixture.state(), anchors: Fixture.anchors([other]), with: HostCryptography.self)
    }
}
