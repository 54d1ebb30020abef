/// The links that the work is measured on, by the name they have on the command line.
///
/// A preset has a rate and a delay each way of half the round trip; loss is given apart from it.
public enum LinkPreset: String, CaseIterable, Sendable {
    /// Very low rate: 20 kbit/s, 250 ms round trip.
    case sat
    /// NB-IoT: 60 kbit/s, 1.5 s round trip.
    case nbIoT = "nb-iot"
    /// 802.15.4 or LTE-M: 250 kbit/s, 100 ms round trip.
    case mesh
    /// Broadband: 10 Mbit/s, 40 ms round trip.
    case lte

    /// Bits per second, each way.
    public var rateBitsPerSecond: UInt64 {
        switch self {
        case .sat: 20_000
        case .nbIoT: 60_000
        case .mesh: 250_000
        case .lte: 10_000_000
        }
    }

    /// One-way delay.
    public var delay: Duration {
        switch self {
        case .sat: .milliseconds(125)
        case .nbIoT: .milliseconds(750)
        case .mesh: .milliseconds(50)
        case .lte: .milliseconds(20)
        }
    }
}
