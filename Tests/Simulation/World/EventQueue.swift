import LinkEmulator

/// What happens next in a simulated life.
enum WorldEvent {
    case toServer([UInt8])
    /// To the process that had this number; the next one has another port.
    case toClient([UInt8], process: Int)
    /// The client asked to be woken; only its latest wish counts.
    case clientTimer(process: Int, wish: Int)
    case channelTimer(process: Int, wish: Int)
    case clientStart
    case clientKill
    case serverRestart
    case publication
}

typealias EventQueue = DeliveryQueue<WorldEvent>
