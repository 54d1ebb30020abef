import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest
import Testing

/// Envelopes that are damaged, and CBOR that lies.
@Suite(.timeLimit(.minutes(15))) struct HostileTests {
    /// One with an Ed25519 signature and everything in it, and the specification's, with ES256.
    private static let good: [(envelope: [UInt8], anchors: TrustAnchors, device: DeviceIdentity)] = {
        var device = Fixture.device
        device.productID = nil
        let anchors = try? Fixture.anchors()
        let examples = try? ExampleTests.anchors()
        return [
            ((try? Fixture.envelope(Fixture().contents)) ?? [], anchors ?? TrustAnchors(), Fixture.device),
            (Examples.one, examples ?? TrustAnchors(), device), (Examples.two, examples ?? TrustAnchors(), device),
        ]
    }()

    private static func isAccepted(_ envelope: [UInt8], _ kind: Int) -> Bool {
        (try? Fixture.verify(envelope, anchors: good[kind].anchors)) != nil
    }

    @Test(arguments: 0..<3)
    func noTruncationIsAccepted(kind: Int) {
        let good = Self.good[kind].envelope
        #expect(Self.isAccepted(good, kind))
        for count in 0..<good.count {
            #expect(!Self.isAccepted(Array(good[..<count]), kind), "cut to \(count) bytes")
        }
        #expect(!Self.isAccepted(good + [0], kind))
        #expect(!Self.isAccepted(good + good, kind))
    }

    @Test(arguments: 0..<3)
    func noSingleBitFlipIsAccepted(kind: Int) {
        let good = Self.good[kind].envelope
        var errors: [UInt8: Int] = [:]
        for bit in 0..<good.count * 8 {
            var envelope = good
            envelope[bit / 8] ^= 1 << UInt8(bit % 8)
            do throws(ManifestError) {
                _ = try Fixture.verify(envelope, anchors: Self.good[kind].anchors)
                Issue.record("bit \(bit) may be flipped")
            } catch {
                errors[error.code, default: 0] += 1
            }
        }
        // Both of the things that a flip can break were tried.
        #expect(errors[ManifestError.digestMismatch.code, default: 0] > 0)
        #expect(errors[ManifestError.badSignature.code, default: 0] > 0)
    }

    @Test func aDigestOrSignatureThatIsOffByABit() throws {
        let envelope = try Fixture.envelope(Fixture().contents)
        func flipped(_ offset: Int) -> [UInt8] {
            var envelope = envelope
            envelope[offset] ^= 1
            return envelope
        }
        #expect(throws: ManifestError.digestMismatch) { try Fixture.offer(flipped(20)) }
        #expect(throws: ManifestError.badSignature) { try Fixture.offer(flipped(100)) }
        #expect(throws: ManifestError.digestMismatch) { try Fixture.offer(flipped(envelope.count - 3)) }
    }

    /// Outside of what is signed: what an attacker may write as he likes.
    @Test func cborThatLies() throws {
        let good = try Fixture.envelope(Fixture().contents)
        let cases: [([UInt8], ManifestError)] = [
            ([], .truncated),
            ([0xD8], .truncated),
            ([0xD8, 0x6B], .truncated),
            ([0xA2], .notAnEnvelope),
            ([0xD8, 0x6C, 0xA0], .notAnEnvelope),
            ([0xD8, 0x6B, 0x80], .notAnEnvelope),
            ([0xD8, 0x6B, 0xA0], .missingMember(2)),
            // A tag, a length and a key in more bytes than they need.
            ([0xD9, 0x00, 0x6B, 0xA0], .notDeterministic),
            ([0xD8, 0x6B, 0xB8, 0x00], .notDeterministic),
            ([0xD8, 0x6B, 0xA1, 0x18, 0x02, 0x40], .notDeterministic),
            ([0xD8, 0x6B, 0xA1, 0x02, 0x58, 0x01, 0x00], .notDeterministic),
            ([0xD8, 0x6B, 0xA1, 0x02, 0x5B, 0, 0, 0, 0, 0, 0, 0, 1, 0], .notDeterministic),
            // Reserved.
            ([0xD8, 0x6B, 0xA1, 0x02, 0x5C], .notDeterministic),
            // Indefinite lengths.
            ([0xD8, 0x6B, 0xBF, 0xFF], .indefiniteLength),
            ([0xD8, 0x6B, 0xA1, 0x02, 0x5F, 0x41, 0x00, 0xFF], .indefiniteLength),
            // Lengths beyond the end, to the largest.
            ([0xD8, 0x6B, 0xBA, 0xFF, 0xFF, 0xFF, 0xFF], .truncated),
            ([0xD8, 0x6B, 0xA1, 0x02, 0x42, 0x00], .truncated),
            ([0xD8, 0x6B, 0xA1, 0x02, 0x5A, 0xFF, 0xFF, 0xFF, 0xFF, 0x00], .truncated),
            ([0xD8, 0x6B, 0xA1, 0x02, 0x5B, 1, 0, 0, 0, 0, 0, 0, 0, 0], .numberTooLarge),
            ([0xD8, 0x6B, 0xA2, 0x02, 0x45, 0x9A, 0xFF, 0xFF, 0xFF, 0xFF, 0x03, 0x41, 0x00], .truncated),
            // Repeated and descending keys.
            ([0xD8, 0x6B, 0xA2, 0x02, 0x40, 0x02, 0x40], .keyOrder),
            ([0xD8, 0x6B, 0xA2, 0x03, 0x40, 0x02, 0x40], .keyOrder),
            // Keys of other types, and unknown ones.
            ([0xD8, 0x6B, 0xA1, 0x61, 0x41, 0x40], .unexpectedType),
            ([0xD8, 0x6B, 0xA1, 0x04, 0x40], .unsupportedMember(4)),
            ([0xD8, 0x6B, 0xA1, 0x39, 0x01, 0x00, 0x40], .unsupportedMember(-257)),
            // What nests.
            ([0xD8, 0x6B] + [UInt8](repeating: 0xA1, count: 1000), .unexpectedType),
            ([UInt8](repeating: 0xD8, count: 1000), .notAnEnvelope),
            ([0xD8, 0x6B, 0xA1, 0x02] + [UInt8](repeating: 0x81, count: 1000), .unexpectedType),
            // No blocks; longer than anything.
            ([0xD8, 0x6B, 0xA2, 0x02, 0x41, 0x80, 0x03, 0x41, 0x00], .unexpectedType),
            ([UInt8](repeating: 0, count: 1025), .tooLarge(byteCount: 1025)),
            (good + [0], .trailingBytes),
        ]
        for (bytes, error) in cases {
            #expect(throws: error, "\(bytes.prefix(12))") { try Fixture.offer(bytes) }
        }
    }

    @Test func repeatedKeysInWhatIsSigned() throws {
        // { 1: 1, 1: 1 … }, { 2: …, 1: … }: signed all the same.
        for manifest in [[0xA2, 1, 1, 1, 1], [0xA2, 2, 1, 1, 1], [0xA2, 0x20, 1, 1, 1]] as [[UInt8]] {
            #expect(throws: ManifestError.self) { try Fixture.offer(HandMade.envelope(manifest)) }
        }
        #expect(throws: ManifestError.keyOrder) { try Fixture.offer(HandMade.envelope([0xA2, 1, 1, 1, 1])) }
        #expect(throws: ManifestError.keyOrder) { try Fixture.offer(HandMade.envelope([0xA2, 2, 1, 1, 1])) }
        #expect(throws: ManifestError.missingMember(1)) { try Fixture.offer(HandMade.envelope([0xA0])) }
        #expect(throws: ManifestError.trailingBytes) { try Fixture.offer(HandMade.envelope([0xA0, 0])) }
    }

    @Test func moreSignaturesThanAreLookedAt() throws {
        let contents = try Fixture().contents
        var manifest = SignedManifest(contents)
        for _ in 0..<5 { try manifest.sign(SigningKey()) }
        #expect(throws: ManifestError.tooManySignatures) { try Fixture.offer(manifest.unverifiedEnvelope()) }
    }

    @Test func headersThatAreNotSupported() throws {
        let contents = try Fixture().contents
        var manifest = SignedManifest(contents)
        try manifest.sign(Fixture.signer)
        let envelope = manifest.unverifiedEnvelope()
        // The block: 58 4D, D2 84 43 A1 01 27 A1 04 41 xx F6 58 40.
        func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
            var envelope = envelope
            envelope[47 + offset] = value
            return envelope
        }
        #expect(throws: ManifestError.unsupportedAuthentication) { try Fixture.offer(changed(0, 0xD1)) }
        #expect(throws: ManifestError.unsupportedAlgorithm(-6)) { try Fixture.offer(changed(5, 0x25)) }
        #expect(throws: ManifestError.unsupportedAuthentication) { try Fixture.offer(changed(4, 0x02)) }
        #expect(throws: ManifestError.unsupportedAuthentication) { try Fixture.offer(changed(7, 0x02)) }
        #expect(throws: ManifestError.unexpectedType) { try Fixture.offer(changed(10, 0xF5)) }
    }

    @Test func aSeveredMemberThatIsAnother() throws {
        let anchors = try ExampleTests.anchors()
        var envelope = Examples.two
        // In the URI, and in the text.
        let uri = try #require(envelope.lastIndex(of: UInt8(ascii: "y")))
        envelope[uri] ^= 1
        #expect(throws: ManifestError.severedMember(23)) {
            try Fixture.verify(envelope, anchors: anchors)
        }
        // Example 1 has none: one may not be put in.
        var more = Examples.one
        more[2] = 0xA3
        more += [0x14, 0x41, 0x80]
        #expect(throws: ManifestError.severedMember(20)) {
            try Fixture.verify(more, anchors: anchors)
        }
    }
}
