import Crypto
import FirmwareImage
import FirmwareServer
import HostCryptography
import SeededRandom

/// The images of a simulated life, and what the server has of them when.
struct Releases {
    static let productID: UInt16 = 7
    static let running = ImageVersion(major: 1, minor: 0, revision: 0)

    /// What the device leaves the factory with.
    let factory: [UInt8]
    /// What the server has at first, and from the publication on.
    let first: CatalogSnapshot
    let second: CatalogSnapshot
    /// Every image that may ever run on the device, by its payload.
    let installable: [[UInt8]]
    /// Every payload that the server ever has under the device's product.
    let offered: [[UInt8]]
    let anchor: TrustAnchor

    init(scenario: Scenario, seed: UInt64) throws {
        var random = SplitMix64(seed: seed ^ 0x5245_4C45_4153_4553)
        let trusted = try Self.key(1)
        let other = try Self.key(2)
        let anchorBytes = Array(trusted.publicKey.rawRepresentation)
        guard let anchor = TrustAnchor(bytes: anchorBytes.span.bytes) else { throw SimulationError.setup("anchor") }
        self.anchor = anchor

        func image(
            _ minor: UInt8,
            major: UInt8 = 1,
            product: UInt16 = Self.productID,
            key: Curve25519.Signing.PrivateKey? = nil
        ) throws -> [UInt8] {
            let binary = (0..<scenario.binaryBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
            let version = ImageVersion(major: major, minor: minor, revision: 0)
            return try Self.signed(binary, version: version, product: product, key: key ?? trusted)
        }

        factory = try image(0)
        let newer = try image(1)
        let newest = try image(2)
        let v110 = ImageVersion(major: 1, minor: 1, revision: 0)
        let v120 = ImageVersion(major: 1, minor: 2, revision: 0)
        let v090 = ImageVersion(major: 0, minor: 9, revision: 0)
        typealias Entry = (productID: UInt16, version: ImageVersion, payload: [UInt8])
        let before: [Entry]
        var after: [Entry]?
        var good = [factory]
        switch scenario.offer {
        case .newer, .forbidden, .wrongKey:
            before = [(Self.productID, v110, newer)]
            good.append(newer)
        case .newerThenNewest:
            before = [(Self.productID, v110, newer)]
            after = before + [(Self.productID, v120, newest)]
            good += [newer, newest]
        case .changedBit:
            var changed = newer
            let index = Int.random(in: 0..<changed.count, using: &random)
            changed[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
            before = [(Self.productID, v110, changed)]
        case .otherKey:
            before = [(Self.productID, v110, try image(1, key: other))]
        case .truncated:
            before = [
                (Self.productID, v110, newer.dropLast(Int.random(in: 1..<newer.count, using: &random)).map { $0 })
            ]
        case .otherProduct:
            before = [(Self.productID, v110, try image(1, product: 8))]
        case .older:
            before = [(Self.productID, v090, try image(9, major: 0))]
        case .same:
            before = [(Self.productID, Self.running, factory)]
        case .unknown:
            before = [(9, v110, try image(1, product: 9))]
        }
        first = CatalogSnapshot(inMemory: before)
        second = after.map { CatalogSnapshot(inMemory: $0) } ?? first
        installable = good
        offered = (after ?? before).map(\.payload)
    }

    private static func key(_ number: UInt8) throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: number, count: 32))
    }

    private static func signed(
        _ binary: [UInt8],
        version: ImageVersion,
        product: UInt16,
        key: Curve25519.Signing.PrivateKey
    ) throws -> [UInt8] {
        let unsigned = try ImageAssembler.unsigned(
            body: binary,
            version: version,
            protectedEntries: [.productID(product)]
        )
        let digest = Array(SHA256.hash(data: unsigned))
        let publicKey = Array(key.publicKey.rawRepresentation)
        guard let anchor = TrustAnchor(bytes: publicKey.span.bytes),
            let imageDigest = FirmwareImage.SHA256Digest(bytes: digest.span.bytes)
        else { throw SimulationError.setup("digest") }
        return try ImageAssembler.signed(
            unsigned,
            digest: imageDigest,
            keyHash: anchor.keyHash(with: HostCryptography.SHA256()),
            signature: Array(try key.signature(for: digest))
        )
    }
}

/// What went wrong in a simulated life.
enum SimulationError: Error, CustomStringConvertible {
    /// In the test itself.
    case setup(String)
    /// Something that must never happen.
    case violation(String)

    var description: String {
        switch self {
        case .setup(let what): "the simulation could not be set up: \(what)"
        case .violation(let what): what
        }
    }
}
