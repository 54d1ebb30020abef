import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest
import Testing

/// Who holds updates back is noticed.
@Suite(.timeLimit(.minutes(15))) struct FreshnessTests {
    private static let nonce: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    private func read(
        _ answer: [UInt8],
        nonce: [UInt8] = nonce,
        now: UInt32? = 1_000,
        _ keys: [SigningKey]
    ) throws -> Freshness {
        try Freshness(
            reading: answer.span.bytes,
            nonce: nonce.span.bytes,
            now: now,
            anchors: Fixture.anchors(keys),
            with: HostCryptography.self
        )
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func anAnswerIsRead(algorithm: SignatureAlgorithm) throws {
        let key = SigningKey(algorithm)
        for nonce in [Self.nonce, [UInt8](repeating: 9, count: 32)] {
            let answer = try SignedFreshness.make(nonce: nonce, latestSequence: 301, expiry: 2_000, key: key)
            let freshness = try read(answer, nonce: nonce, [SigningKey(algorithm), key])
            #expect(freshness.latestSequence == 301)
            #expect(freshness.expiry == 2_000)
            #expect(try read(answer, nonce: nonce, now: nil, [key]) == freshness)
            #expect(answer.count <= Freshness.maximumByteCount)
            print("freshness, \(algorithm), nonce of \(nonce.count) bytes: \(answer.count) bytes")
        }
    }

    @Test func othersAreRefused() throws {
        let key = SigningKey()
        let answer = try SignedFreshness.make(nonce: Self.nonce, latestSequence: 301, expiry: 2_000, key: key)
        #expect(throws: ManifestError.wrongNonce) { try read(answer, nonce: [1, 2, 3, 4, 5, 6, 7, 9], [key]) }
        #expect(throws: ManifestError.wrongNonce) { try read(answer, nonce: [], [key]) }
        #expect(throws: ManifestError.expired(at: 2_000)) { try read(answer, now: 2_000, [key]) }
        #expect(throws: ManifestError.unknownKey) { try read(answer, [SigningKey(.ecdsaP256)]) }
        #expect(throws: ManifestError.unsupportedAuthentication) { try read(Array(answer[..<0] + [0x80]), [key]) }
        #expect(throws: ManifestError.tooLarge(byteCount: 193)) { try read([UInt8](repeating: 0, count: 193), [key]) }
        for count in 0..<answer.count {
            #expect(throws: ManifestError.self) { try read(Array(answer[..<count]), [key]) }
        }
        for bit in 0..<answer.count * 8 {
            var flipped = answer
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: ManifestError.self, "bit \(bit)") { try read(flipped, [key]) }
        }
    }

    /// A manifest's signature is none of an answer's, and the other way round.
    @Test func neitherPassesForTheOther() throws {
        var manifest = SignedManifest(try Fixture().contents)
        try manifest.sign(Fixture.signer)
        let block = Array(manifest.unverifiedEnvelope()[47..<124])
        #expect(throws: ManifestError.unsupportedAuthentication) { try read(block, [Fixture.signer]) }
        // With the digest put in as its payload it verifies, and is still no answer.
        let attached = Array(block[..<10]) + Array(manifest.unverifiedEnvelope()[7..<45]) + Array(block[11...])
        #expect(throws: ManifestError.unexpectedType) { try read(attached, [Fixture.signer]) }
    }
}
