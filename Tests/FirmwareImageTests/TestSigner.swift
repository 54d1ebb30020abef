import Crypto
import FirmwareImage
import HostCryptography
import Testing

typealias Verifier = ImageVerifier<HostCryptography>

/// Signs test images with keys made from a number; Ed25519 signatures of swift-crypto and imgtool are equal (RFC 8032
/// makes them deterministic).
struct TestSigner {
    private let key: Curve25519.Signing.PrivateKey

    /// The key whose secret is the bytes `first`, `first + 1` … `first + 31`.
    init(first: UInt8 = 1) throws {
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: (0..<32).map { first &+ $0 })
    }

    var anchor: TrustAnchor {
        get throws {
            // Not inside the macro: it cannot take a span.
            let anchor = TrustAnchor(bytes: Array(key.publicKey.rawRepresentation).span.bytes)
            return try #require(anchor)
        }
    }

    var anchors: TrustAnchors {
        get throws { TrustAnchors(try anchor) }
    }

    func sign(_ unsigned: [UInt8]) throws -> [UInt8] {
        let digest = digest(unsigned)
        return try ImageAssembler.signed(
            unsigned,
            digest: digest,
            keyHash: anchor.keyHash(with: HostCryptography.SHA256()),
            signature: signature(over: digest)
        )
    }

    func signature(over digest: FirmwareImage.SHA256Digest) throws -> [UInt8] {
        Array(try key.signature(for: (0..<32).map { digest[$0] }))
    }

    func digest(_ bytes: [UInt8]) -> FirmwareImage.SHA256Digest {
        var hash = HostCryptography.SHA256()
        hash.update(bytes.span.bytes)
        return hash.finalize()
    }

    /// The image that most tests start from: what imgtool made `pid` of.
    func image(
        body: [UInt8] = TestSigner.body,
        version: ImageVersion = ImageVersion(major: 1, minor: 2, revision: 3, build: 4),
        headerSizeBytes: UInt16 = 32,
        flags: ImageFlags = [],
        entries: [ImageAssembler.Entry] = [.productID(7)]
    ) throws -> [UInt8] {
        try sign(
            ImageAssembler.unsigned(
                body: body,
                version: version,
                headerSizeBytes: headerSizeBytes,
                flags: flags,
                protectedEntries: entries
            )
        )
    }

    static let body = (0..<100).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
}

func verify(
    _ image: [UInt8],
    anchors: TrustAnchors,
    product: UInt16? = 7
) -> Result<VerifiedImage, ImageError> {
    var source = MemorySource(image)
    do throws(ImageError) {
        return .success(try Verifier.verify(&source, anchors: anchors, expectedProduct: product))
    } catch {
        return .failure(error)
    }
}

extension Result where Failure == ImageError {
    var error: ImageError? {
        switch self {
        case .success: nil
        case .failure(let error): error
        }
    }
}

func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
