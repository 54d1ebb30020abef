import Crypto
import FirmwareImage
import HostCryptography
import SeededRandom
import Testing

/// ECDSA on P-256: what verifies, and what is not even looked at.
@Suite(.timeLimit(.minutes(15))) struct ECDSATests {
    private let key = P256.Signing.PrivateKey()
    private let unsigned: [UInt8]
    private let anchor: TrustAnchor

    init() throws {
        unsigned = try ImageAssembler.unsigned(
            body: TestSigner.body,
            version: ImageVersion(major: 1, minor: 2, revision: 3),
            protectedEntries: [.productID(7)]
        )
        let raw = Array(key.publicKey.rawRepresentation)
        let anchor = TrustAnchor(.ecdsaP256, bytes: raw.span.bytes)
        self.anchor = try #require(anchor)
    }

    private func signature() throws -> P256.Signing.ECDSASignature {
        try key.signature(for: Crypto.SHA256.hash(data: unsigned))
    }

    private func image(_ signature: [UInt8], type: TLVType = .ecdsa, namedKey: TrustAnchor? = nil) throws -> [UInt8] {
        var hash = HostCryptography.SHA256()
        hash.update(unsigned.span.bytes)
        return try ImageAssembler.signed(
            unsigned,
            digest: hash.finalize(),
            keyHash: (namedKey ?? anchor).keyHash(with: HostCryptography.SHA256()),
            signature: signature,
            type: type
        )
    }

    @Test func verified() throws {
        let image = try image(Array(signature().derRepresentation))
        let verified = try verify(image, anchors: TrustAnchors(anchor)).get()
        #expect(verified.keyHash == anchor.keyHash(with: HostCryptography.SHA256()))
        // Beside a key of the other kind, in either order.
        var both = try TestSigner().anchors
        _ = both.append(anchor)
        #expect(verify(image, anchors: both).error == nil)
        #expect(try verify(TestSigner().image(), anchors: both).error == nil)
        #expect(try verify(image, anchors: TestSigner().anchors).error == .unknownKey)
    }

    /// The KEYHASH is that of the SubjectPublicKeyInfo.
    @Test func keyHash() throws {
        let digest = Array(Crypto.SHA256.hash(data: key.publicKey.derRepresentation))
        let keyHash = anchor.keyHash(with: HostCryptography.SHA256())
        #expect(digest == (0..<32).map { keyHash[$0] })
    }

    /// Signatures of any length of r and s.
    @Test func manySignatures() throws {
        for _ in 0..<400 {
            let signature = try signature()
            let der = Array(signature.derRepresentation)
            let parsed = ECDSASignature(der: der.span.bytes)
            let found = parsed?.bytes.withUnsafeBytes { [UInt8]($0) }
            #expect(found == Array(signature.rawRepresentation))
        }
    }

    @Test func otherSignatures() throws {
        let anchors = TrustAnchors(anchor)
        let good = Array(try signature().derRepresentation)
        // Every bit counts; nothing traps.
        for bit in 0..<good.count * 8 {
            var changed = good
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(try verify(image(changed), anchors: anchors).error == .badSignature, "bit \(bit)")
        }
        for count in 0..<good.count {
            #expect(try verify(image(Array(good.prefix(count))), anchors: anchors).error == .badSignature)
        }
        #expect(try verify(image(good + [0]), anchors: anchors).error == .badSignature)
        #expect(try verify(image([UInt8](repeating: 0x30, count: 60_000)), anchors: anchors).error == .badSignature)
        // The right bytes as a signature of the other kind.
        let raw = Array(try signature().rawRepresentation)
        #expect(try verify(image(raw, type: .ed25519), anchors: anchors).error == .unknownKey)
        // A key that is no point.
        let nowhere = TrustAnchor(.ecdsaP256, bytes: [UInt8](repeating: 0xFF, count: 64).span.bytes)
        let anchor = try #require(nowhere)
        #expect(try verify(image(good, namedKey: anchor), anchors: TrustAnchors(anchor)).error == .badSignature)
    }

    @Test(arguments: [
        ("empty", ""), ("a sequence only", "3000"), ("one number", "3003020101"),
        ("zero as r", "3006020100020101"), ("zero as s", "3006020101020100"),
        ("negative", "3006020180020101"), ("padded", "300702020001020101"), ("no bytes of r", "300502000201 01"),
        ("a length in long form", "308106020101020101"), ("a length without end", "3080020101020101"),
        ("a length past the end", "3007020101020101"), ("a number past the end", "3006020101020201"),
        ("a longer number than all", "300602FF01020101"), ("bytes between the end and the end", "300702010102010100"),
        ("another type", "3106020101020101"), ("another type inside", "3006030101020101"),
        (
            "33 bytes without need",
            "302602217F0000000000000000000000000000000000000000000000000000000000000001020101"
        ),
    ])
    func noDER(name: String, hex: String) {
        let der = bytes(hex: hex)
        #expect(!isSignature(der))
    }

    @Test func smallestAndLongestDER() {
        #expect(isSignature(bytes(hex: "3006020101020101")))
        let longest = "022100" + String(repeating: "FF", count: 32)
        #expect(isSignature(bytes(hex: "3046" + longest + longest)))
    }

    /// Random bytes around what DER looks like: never a trap.
    @Test func randomDER() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<200_000 {
            var der = (0..<Int.random(in: 0...75, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            if der.count > 3 {
                der[0] = 0x30
                if Bool.random(using: &random) { der[1] = UInt8(der.count - 2) }
                der[2] = 2
                if Bool.random(using: &random) { der[3] = UInt8.random(in: 0...40, using: &random) }
            }
            _ = isSignature(der)
        }
    }
}

private func isSignature(_ der: [UInt8]) -> Bool {
    ECDSASignature(der: der.span.bytes) != nil
}
