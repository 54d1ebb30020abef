import Bootloader
import Credentials
import Flash
import LinkEmulator
import SeededRandom

/// Everything about one simulated life that its seed decides: the link, what goes wrong, and when.
///
/// Faults that must be survived, in any combination:
/// - datagrams lost (up to 30 % each way, in bursts), duplicated, reordered, delayed, changed, dropped by a short queue
/// - blackouts of up to two minutes
/// - server restarts: all its sessions are gone
/// - a new release, or a withdrawn one, in the middle of a download
/// - the client killed at any moment
/// - power cut before, inside and after a flash operation of the client or of the bootloader
struct Scenario: Equatable {
    /// What the server offers to a device that runs version 1.0.0.
    enum Offer: CaseIterable {
        /// 1.1.0, good.
        case newer
        /// 1.1.0, and 1.2.0 in the middle of the download.
        case newerThenNewest
        /// 1.1.0, of which one bit was changed after it was signed.
        case changedBit
        /// 1.1.0, signed by a key that the device does not trust.
        case otherKey
        /// 1.1.0, the end of which is missing.
        case truncated
        /// 1.1.0 of another product, under this product's path.
        case otherProduct
        /// 0.9.0.
        case older
        /// 1.0.0 itself.
        case same
        /// 1.1.0, but this device's identity has no right to it.
        case forbidden
        /// Nothing for this product.
        case unknown
        /// 1.1.0, but the device's key is not the server's.
        case wrongKey
    }

    var offer: Offer
    var profile: LinkProfile
    /// The binary in each image, in bytes; headers and TLVs come on top.
    var binaryBytes: Int
    /// 16 << szx bytes are asked for.
    var preferredSZX: UInt8
    /// The stand-in for DTLS drops replayed records, as DTLS does; without it, duplicates reach the CoAP layer.
    var dropsReplays: Bool
    var blackouts: [Range<Duration>]
    var serverRestarts: [Duration]
    var kills: [Duration]
    /// Flash operations (counted over the whole life) at which the power is cut.
    var powerCuts: [Int]
    /// When the offer changes, for those that do.
    var publication: Duration
    /// Whether the application confirms the image it finds itself to be.
    var confirms: Bool
    /// The flash of the device: as on real parts, but small, as it is copied for many checks.
    var map: FlashMap

    init(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        // Half of all lives are about getting a good image through.
        offer =
            random.happens(0.5)
            ? (random.happens(0.7) ? .newer : .newerThenNewest)
            : Offer.allCases.randomElement(using: &random) ?? .newer
        let loss = random.happens(0.3) ? 0 : Double.random(in: 0...0.3, using: &random)
        let isNoisy = random.happens(0.5)
        profile = try LinkProfile(
            preset: LinkPreset.allCases.randomElement(using: &random),
            jitter: random.happens(0.3) ? Jitter(amount: random.duration(0...0.5)) : .none,
            loss: loss,
            meanBurstLength: random.happens(0.3) ? 4 : nil,
            duplicate: isNoisy ? 0.05 : 0,
            reorder: isNoisy ? 0.05 : 0,
            corrupt: isNoisy ? 0.02 : 0,
            queueBytes: random.happens(0.2) ? 4 * 1104 : LinkProfile.defaultQueueBytes
        )
        binaryBytes = Int.random(in: 1...24_000, using: &random)
        preferredSZX = UInt8.random(in: 2...6, using: &random)
        dropsReplays = random.happens(0.7)

        // Faults fall into the time that a transfer over this link takes, more or less.
        let rate = Double(profile.rateBitsPerSecond ?? 10_000_000)
        let expected = 2 + Double(binaryBytes) * 10 / rate / (1 - loss) + 20 * loss
        func moments(_ most: Int) -> [Duration] {
            (0..<Int.random(in: 0...most, using: &random)).map { _ in random.duration(0...(2 * expected)) }.sorted()
        }
        blackouts = moments(1).map { begin in begin..<(begin + random.duration(1...120)) }
        serverRestarts = moments(2)
        kills = moments(2)
        publication = random.duration(0...expected)
        powerCuts = random.happens(0.5) ? [] : (0..<3).map { _ in Int.random(in: 0..<400, using: &random) }.sorted()
        confirms = random.happens(0.7)
        map = try FlashMap(
            standardFor: random.happens(0.5)
                ? FlashGeometry(sectorCount: 40, sectorSizeBytes: 4096, writeAlignmentBytes: 4)
                : FlashGeometry(sectorCount: 80, sectorSizeBytes: 2048, writeAlignmentBytes: 8)
        )
    }

    /// What the server's operator gave the device.
    func rights() throws -> AccessRights {
        let file = try RightsFile(parsing: Array("dev-1: \(offer == .forbidden ? 9 : Releases.productID), 9\n".utf8))
        return AccessRights(file)
    }
}
