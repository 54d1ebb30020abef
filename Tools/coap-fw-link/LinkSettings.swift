import ArgumentParser
import LinkEmulator

/// The properties of a link as options give them, before they are checked together.
struct LinkSettings {
    var preset: LinkPreset?
    var rate: UInt64?
    var delay: Duration?
    var jitter: Duration = .zero
    var jitterShape: Jitter.Distribution = .uniform
    var keepsOrder = false
    var loss = 0.0
    var burst: Double?
    var duplicate = 0.0
    var reorder = 0.0
    var corrupt = 0.0
    var queue = LinkProfile.defaultQueueBytes
    var mtu = LinkProfile.maximumMTUBytes

    /// Takes one `KEY=VALUE`; the keys and values are those of the options.
    mutating func set(_ key: Substring, to value: String) throws {
        switch key {
        case "rate": rate = try Quantity.rate(value)
        case "delay": delay = try Quantity.duration(value)
        case "jitter": jitter = try Quantity.duration(value)
        case "jitter-shape": jitterShape = try Quantity.jitterShape(value)
        case "loss": loss = try Quantity.probability(value)
        case "burst": burst = try Quantity.burstLength(value)
        case "duplicate": duplicate = try Quantity.probability(value)
        case "reorder": reorder = try Quantity.probability(value)
        case "corrupt": corrupt = try Quantity.probability(value)
        case "queue": queue = try Quantity.bytes(value)
        case "mtu": mtu = try Quantity.bytes(value)
        default:
            throw ValidationError(
                "A change sets rate, delay, jitter, jitter-shape, loss, burst, duplicate, reorder, corrupt, queue, mtu."
            )
        }
    }

    func profile() throws(LinkProfileError) -> LinkProfile {
        try LinkProfile(
            preset: preset,
            rateBitsPerSecond: rate,
            delay: delay,
            jitter: Jitter(amount: jitter, distribution: jitterShape, keepsOrder: keepsOrder),
            loss: loss,
            meanBurstLength: burst,
            duplicate: duplicate,
            reorder: reorder,
            corrupt: corrupt,
            queueBytes: queue,
            mtuBytes: mtu
        )
    }
}

/// One `--change`: `[TIME:][up:|down:]KEY=VALUE,…`.
struct LinkChange {
    enum Direction: String {
        case up
        case down
    }

    /// nil: from the start.
    let at: Duration?
    /// nil: both.
    let direction: Direction?
    let values: [(key: Substring, value: String)]

    init(parsing text: String) throws {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var at: Duration?
        if parts.count > 1, parts[0].first?.isNumber == true { at = try Quantity.duration(String(parts.removeFirst())) }
        var direction: Direction?
        if parts.count > 1, !parts[0].contains("=") {
            direction = Direction(rawValue: String(parts[0]))
            guard direction != nil else {
                throw ValidationError("A change is [TIME:][up:|down:]KEY=VALUE,…: 10s:down:rate=40000.")
            }
            parts.removeFirst()
        }
        // The colon of `jitter-shape=pareto:1.5`.
        values = try parts.joined(separator: ":").split(separator: ",", omittingEmptySubsequences: false).map { pair in
            guard let equals = pair.firstIndex(of: "=") else {
                throw ValidationError("A change is [TIME:][up:|down:]KEY=VALUE,…: 10s:down:rate=40000.")
            }
            return (pair[..<equals], String(pair[pair.index(after: equals)...]))
        }
        self.at = at
        self.direction = direction
        // Found now and not when the time has come.
        var tried = LinkSettings()
        try apply(to: &tried)
    }

    func apply(to settings: inout LinkSettings) throws {
        for (key, value) in values { try settings.set(key, to: value) }
    }
}

extension LinkSchedule {
    /// - Throws: `LinkProfileError` where the values together describe no link, at any time.
    init(_ settings: LinkSettings, changes: [LinkChange], direction: LinkChange.Direction) throws {
        let own = changes.filter { $0.direction == nil || $0.direction == direction }
        var settings = settings
        for change in own where change.at == nil { try change.apply(to: &settings) }
        let initial = try settings.profile()
        var later: [Change] = []
        // The sort keeps the order of those of one time.
        for change in own.filter({ $0.at != nil }).sorted(by: { ($0.at ?? .zero) < ($1.at ?? .zero) }) {
            try change.apply(to: &settings)
            later.append(Change(at: change.at ?? .zero, profile: try settings.profile()))
        }
        self.init(initial, changes: later)
    }
}
