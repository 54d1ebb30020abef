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
    var jitter = Jitter.none
    var reorder = 0.0
    /// Bits per second upwards; nil: as downwards.
    var upwardRate: Double?
    var queueBytes = LinkProfile.defaultQueueBytes
    var imageBytes = 256 << 10
    var clients = 1
    /// Between the starts of two clients.
    var stagger = Duration.zero
    /// Reno-like flows that have as much to send as the link carries. Without clients they run until `limitSeconds`.
    var competitors = 0
    /// The rate becomes this share of what it is at first, at these times.
    var rateChanges: [(at: Duration, factor: Double)] = []
    /// Nothing passes from the first to the second.
    var blackout: (from: Duration, to: Duration)?
    var expectedRoundTrip: Duration?
    /// Whether a client begins with a handshake, which shows it the round trip.
    var hasHandshakes = false
    var maximumInFlight = 128
    /// When a run is given up.
    var givenUpAfter = 100_000.0

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

    /// Blocks in flight that fill the path; jitter is delay, too.
    var pipeBlocks: Double { (roundTripSeconds + 2 * meanJitterSeconds) / blockSeconds }

    /// Of one direction.
    var meanJitterSeconds: Double {
        switch jitter.distribution {
        case .uniform: jitter.amount.inSeconds * (jitter.keepsOrder ? 1 : 0.5)
        case .pareto: jitter.amount.inSeconds
        }
    }

    func downward() throws -> LinkSchedule {
        LinkSchedule(
            try profile(rate: rate, queueBytes: queueBytes),
            changes: try rateChanges.map { change in
                .init(at: change.at, profile: try profile(rate: rate * change.factor, queueBytes: queueBytes))
            }
        )
    }

    /// Requests wait for nothing but each other; as in the reference model their queue has no end.
    func upward() throws -> LinkSchedule {
        LinkSchedule(try profile(rate: upwardRate ?? rate, queueBytes: LinkProfile.maximumQueueBytes))
    }

    private func profile(rate: Double, queueBytes: Int) throws -> LinkProfile {
        try LinkProfile(
            rateBitsPerSecond: UInt64(rate),
            delay: delay,
            jitter: jitter,
            loss: loss,
            meanBurstLength: burst,
            reorder: reorder,
            queueBytes: queueBytes
        )
    }

    /// The shortest time in which the images can come, with the rates as they change.
    var limitSeconds: Double {
        var left = WireSizes.limitSeconds(imageBytes: imageBytes, rate: rate, loss: loss) * Double(clients)
        var (from, factor) = (0.0, 1.0)
        for change in rateChanges {
            let carried = (change.at.inSeconds - from) * factor
            if carried >= left { break }
            left -= carried
            (from, factor) = (change.at.inSeconds, change.factor)
        }
        return from + left / factor
    }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
