import LinkEmulator
import UpdateClient

/// One experiment: a link, some clients on it, and what happens meanwhile. One seed decides everything in it.
struct Scenario {
    var preset: LinkPreset
    var loss = 0.0
    var burst: Double?
    var jitter = Duration.zero
    var reorder = 0.0
    var queueBytes = LinkProfile.defaultQueueBytes
    var imageBytes = 256 << 10
    var clients = 1
    /// Between the starts of two clients.
    var stagger = Duration.zero
    /// A Reno-like flow that has as much to send as the link carries.
    var competitor = false
    /// The rate becomes this share of itself at this time.
    var rateChange: (at: Duration, factor: Double)?
    /// Nothing passes from the first to the second.
    var blackout: (from: Duration, to: Duration)?
    var expectedRoundTrip: Duration?
    var maximumInFlight = 128
    var limitSeconds = 100_000.0

    var rate: Double { Double(preset.rateBitsPerSecond) }
    /// What an answer with a full block takes on the link.
    var blockSeconds: Double {
        Double(WireSizes.answerBytes(blockBytes: 1024) + WireSizes.headerBytes) * 8 / rate
    }

    /// Blocks in flight that fill the path.
    var pipeBlocks: Double { 2 * preset.delay.inSeconds / blockSeconds }

    func profile(rateFactor: Double = 1) throws -> LinkProfile {
        try LinkProfile(
            preset: preset,
            rateBitsPerSecond: UInt64(rate * rateFactor),
            jitter: jitter,
            loss: loss,
            meanBurstLength: burst,
            reorder: reorder,
            queueBytes: queueBytes
        )
    }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
