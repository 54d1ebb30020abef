import Bootloader
import CoAP
import FirmwareImage
import SeededRandom

/// One signed image.
struct Image: Sendable {
    let bytes: [UInt8]
    let version: ImageVersion
    let etag: ETag
}

/// The images of a run. They differ in length, so that swaps cover sectors that one of them does not have.
struct Images: Sendable {
    static let productID: UInt16 = 7
    static let trustedKey: UInt8 = 1
    /// Trusted after the rotation.
    static let nextKey: UInt8 = 2

    /// Runs before anything happens: reaches into the second sector.
    let running: Image
    /// What is offered: reaches into the third.
    let new: Image
    /// Offered after it.
    let newer: Image
    /// Offered after that.
    let newest: Image
    /// Below the running one.
    let older: Image
    /// The new version, but the signature is damaged.
    let broken: Image
    /// Another key to trust.
    let rotation: [UInt8]

    /// All have the same security counter; otherwise each has its version as counter.
    let hasEqualCounters: Bool

    /// - Parameters:
    ///   - sectorBytes: of a slot.
    ///   - isSmall: as few sectors as the images can have and differ in length.
    ///   - hasEqualCounters: so that no security counter keeps an image from being gone back to.
    /// - Throws: never for these, which every run shows.
    init(sectorBytes: Int, isSmall: Bool, hasEqualCounters: Bool) throws {
        self.hasEqualCounters = hasEqualCounters
        func image(major: UInt8, bodyBytes: Int, isBroken: Bool = false) throws -> Image {
            let counter = Self.counter(of: major, isEqual: hasEqualCounters)
            return try Self.image(major: major, counter: counter, bodyBytes: bodyBytes, isBroken: isBroken)
        }
        let middle = sectorBytes * (isSmall ? 9 : 12) / 8
        running = try image(major: 2, bodyBytes: isSmall ? 0 : sectorBytes * 4 / 3)
        new = try image(major: 3, bodyBytes: isSmall ? sectorBytes * 5 / 4 : sectorBytes * 5 / 2)
        newer = try image(major: 4, bodyBytes: middle)
        newest = try image(major: 5, bodyBytes: isSmall ? 0 : sectorBytes * 2)
        older = try image(major: 1, bodyBytes: middle)
        broken = try image(major: 3, bodyBytes: middle, isBroken: true)
        rotation = try Self.rotation()
    }

    /// All that a device may ever boot.
    var bootable: [Image] { [running, new, newer, newest, older] }
    var all: [Image] { bootable + [broken] }

    /// The security counter of an image.
    func counter(of version: ImageVersion) -> UInt32 { Self.counter(of: version.major, isEqual: hasEqualCounters) }

    private static func counter(of major: UInt8, isEqual: Bool) -> UInt32 { isEqual ? 1 : UInt32(major) }

    private static func image(major: UInt8, counter: UInt32, bodyBytes: Int, isBroken: Bool) throws -> Image {
        var random = SplitMix64(seed: UInt64(major) << 8 | (isBroken ? 1 : 0))
        let version = ImageVersion(major: major, minor: 0, revision: 0)
        let unsigned = try ImageAssembler.unsigned(
            // Less what header and TLVs take.
            body: (0..<max(bodyBytes - 200, 64)).map { _ in UInt8.random(in: 0...255, using: &random) },
            version: version,
            protectedEntries: [.securityCounter(counter), .productID(productID)]
        )
        let digest = Self.digest(unsigned)
        var signature = try RunCryptography.signature(over: (0..<32).map { digest[$0] }, key: trustedKey)
        if isBroken { signature[17] ^= 0x10 }
        let anchor = try anchor(trustedKey)
        let bytes = try ImageAssembler.signed(
            unsigned,
            digest: digest,
            keyHash: anchor.keyHash(with: RunCryptography.SHA256()),
            signature: signature
        )
        return Image(bytes: bytes, version: version, etag: ETag(Self.digest(bytes).prefix64))
    }

    static func anchor(_ number: UInt8) throws -> TrustAnchor {
        let key = try RunCryptography.publicKey(number)
        guard let anchor = TrustAnchor(bytes: key.span.bytes) else { throw RunError.setup("no anchor") }
        return anchor
    }

    /// The order to trust the next key instead of the first.
    static func rotation() throws -> [UInt8] {
        let rotation = TrustRotation(
            productID: productID,
            anchors: TrustAnchors(try anchor(nextKey)),
            anchorSetNumber: 1,
            signer: try anchor(trustedKey).keyHash(with: RunCryptography.SHA256())
        )
        var bytes = [UInt8](repeating: 0, count: rotation.signedByteCount)
        do {
            var span = bytes.mutableSpan
            var output = span.mutableBytes
            rotation.encode(into: &output)
        }
        let digest = digest(bytes)
        return try bytes + RunCryptography.signature(over: (0..<32).map { digest[$0] }, key: trustedKey)
    }

    private static func digest(_ bytes: [UInt8]) -> SHA256Digest {
        var hash = RunCryptography.SHA256()
        hash.update(bytes.span.bytes)
        return hash.finalize()
    }
}
