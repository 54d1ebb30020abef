import Foundation
import LinkEmulator

/// What an event in the middle of a transfer costs our client, in real time.
struct RecoveryRun {
    enum Event: String, CaseIterable {
        case none
        /// A NAT binding is lost: the server sees another address from now on.
        case rebinding
        /// The server is killed and started again: every session is lost on its side.
        case restart
        /// A minute without any link, and another binding after it.
        case blackout

        var seconds: Double { self == .blackout ? 60 : 0 }
    }

    struct Result {
        var event: Event
        var seconds: Double
        var handshakes: Int
        var requests: Int
    }

    var preset: LinkPreset
    var loss: Double
    var imageBytes: Int
    var corpus: URL
    var seed: UInt64

    func run(_ event: Event) throws -> Result {
        let field = try TestField(imageBytes: imageBytes, corpus: corpus)
        let arguments = ["--preset", preset.rawValue, "--loss", "\(loss)", "--seed", "\(seed)"]
        var link = try field.link(arguments)
        let address = try link.listeningAddress()
        let client = try field.update(through: address)
        // In the middle: a third of what the transfer takes at least, after the handshake.
        let limit = WireSizes.limitSeconds(
            imageBytes: imageBytes,
            rate: Double(preset.rateBitsPerSecond),
            loss: loss
        )
        Thread.sleep(forTimeInterval: 4 * preset.delay.inSeconds + limit / 3)
        switch event {
        case .none:
            break
        case .rebinding, .blackout:
            // A new shim has a new port towards the server.
            link.kill()
            Thread.sleep(forTimeInterval: event.seconds)
            link = try field.link(arguments, listen: address)
            _ = try link.listeningAddress()
        case .restart:
            try field.restartServer()
        }
        let figures = try UpdateFigures(output: client.end(within: 1_200).output)
        link.kill()
        return Result(
            event: event,
            seconds: Double(figures.totalMilliseconds) / 1000,
            handshakes: figures.handshakes,
            requests: figures.requests
        )
    }
}
