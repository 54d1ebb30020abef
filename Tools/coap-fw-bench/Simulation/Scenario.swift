import LinkEmulator
import UpdateClient

/// One experiment: a link, some clients on it, and what happens meanwhile. One seed decides everything in it.
struct Scenario {
    /// The preset's name, or what stands for it.
    var name: String
    /// Bits per second.
    var rate: Double
    /// One way.
    var delay: Duration
    var loss = 0.0
    var burst: Double?
    var jitter = Duration.zero
    var reorder = 0.0
    var queueBytes = LinkProfile.defaultQueueBytes
    var imageBytes = 256 << 10
    var clients = 1
    /// Between the starts of two clients.
    var stagger = Duration.zero
    /// Reno-like flows that have as much to send as the link carries. Without clients they run until `limitSeconds`.
    var competitors = 0
    /// The rate becomes this share of itself at this time.
    var rateChange: (at: Duration, factor: Double)?
    /// Nothing passes from the first to the second.
    var blackout: (from: Duration, to: Duration)?
    var expectedRoundTrip: Duration?
    var maximumInFlight = 128
    var limitSeconds = 100_000.0

    init(name: String, rate: Double, delay: Duration) {
        self.name = name
        self.rate = rate
        self.delay = delay
    }

    init(preset: LinkPreset) {
        self.init(name: preset.rawValue, rate: Double(preset.rateBitsPerSecond), delay: preset.delay)
    }

    /// Seconds of two delays.
    var roundTripSeconds: Double { 2 * delay.inSeconds }
    /// What an answer with a full block takes on the link.
    var blockSeconds: Double {
        Double(WireSizes.answerBytes(blockBytes: 1024) + WireSizes.headerBytes) * 8 / rate
    }

    /// Blocks in flight that fill the path.
    var pipeBlocks: Double { roundTripSeconds / blockSeconds }

    func profile(rateFactor: Double = 1) throws -> LinkProfile {
        try LinkProfile(
            rateBitsPerSecond: UInt64(rate * rateFactor),
            delay: delay,
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
