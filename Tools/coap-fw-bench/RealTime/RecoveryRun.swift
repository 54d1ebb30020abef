import Foundation
import LinkEmulator

/// What an event in the middle of an update costs our client, in real time.
struct RecoveryRun {
    enum Event: String, CaseIterable {
        case none
        /// A NAT binding is lost: the server sees another address from now on.
        case rebinding
        /// The server is killed and started again: every session is lost on its side.
        case restart
        /// A minute without any link, and another binding after it.
        case blackout
        /// The server is killed and started again in the middle of the handshake, in another flight for each seed.
        case handshakeRestart = "restart in the handshake"
        /// A NAT gives the client a new port again and again.
        case rebindings = "a new port again and again"

        var seconds: Double { self == .blackout ? 60 : 0 }
    }

    struct Result {
        var event: Event
        var seconds: Double
        var handshakes: Int
        var requests: Int
        /// Of what the link allows with this loss.
        var ofLimit: Double
    }

    var preset: LinkPreset
    var loss: Double
    var imageBytes: Int
    var corpus: URL
    var seed: UInt64
    /// Seconds that a port lasts.
    var rebindSeconds: Double

    func run(_ event: Event) throws -> Result {
        let field = try TestField(imageBytes: imageBytes, corpus: corpus)
        var arguments = ["--preset", preset.rawValue, "--loss", "\(loss)", "--seed", "\(seed)"]
        if event == .rebindings { arguments += ["--rebind-every", "\(Int(rebindSeconds * 1000))ms"] }
        var link = try field.link(arguments)
        let address = try link.listeningAddress()
        let client = try field.update(through: address)
        // In the middle: a third of what the transfer takes at least, after the handshake.
        let limit = WireSizes.limitSeconds(
            imageBytes: imageBytes,
            rate: Double(preset.rateBitsPerSecond),
            loss: loss
        )
        let middle = 4 * preset.delay.inSeconds + limit / 3
        // The handshake takes three round trips; one flight of the client's is on its way at a quarter of each.
        let inHandshake = (Double((seed &- 1) % 3) + 0.25) * 2 * preset.delay.inSeconds
        Thread.sleep(forTimeInterval: event == .handshakeRestart ? inHandshake : middle)
        switch event {
        case .none, .rebindings:
            break
        case .rebinding, .blackout:
            // A new shim has a new port towards the server.
            link.kill()
            Thread.sleep(forTimeInterval: event.seconds)
            link = try field.link(arguments, listen: address)
            _ = try link.listeningAddress()
        case .restart, .handshakeRestart:
            try field.restartServer()
        }
        let figures = try UpdateFigures(output: client.end(within: 1_200).output)
        link.kill()
        let seconds = Double(figures.totalMilliseconds) / 1000
        return Result(
            event: event,
            seconds: seconds,
            handshakes: figures.handshakes,
            requests: figures.requests,
            ofLimit: limit / max(seconds, 0.001)
        )
    }
}
