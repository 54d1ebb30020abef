import DTLS
import Endpoint
import Foundation
import SeededRandom

/// Honest clients at their links' pace, first alone and then beside everything that hostile peers and busy folders do.
final class HostileRun {
    /// What was seen in one phase.
    struct Phase: Codable {
        var seconds = 0.0
        var bytesPerSecond = 0.0
        var images = 0
        var wrongBlocks = 0
        var handshakes = 0
        var losses = 0
        var retransmissions = 0
        var longestWaitSeconds = 0.0
        var serverProcessorShare = 0.0
        var generatorProcessorShare = 0.0
        var serverBytes = 0.0
    }

    struct Result: Codable {
        var calm = Phase()
        var attacked = Phase()
        var attacks: [String] = []
        var updates = 0
        var failedUpdates: [String] = []
        var files = FileChurn.Outcome()
        var serverBytesBefore = 0.0
        /// Seconds after the attack, and the server's memory then.
        var serverBytesAfter: [[Double]] = []
        /// Honest sessions lost after the attack.
        var lossesAfter = 0
        var isAlive = false

        var goodputRatio: Double { attacked.bytesPerSecond / calm.bytesPerSecond }
    }

    private let folder: ServerPeer.Folder
    private let server: HostileServer
    private let generator: LoadGenerator
    private let outgoing = DatagramBatch()
    private var honest: [HonestClient] = []
    private var attacks: [any Attack] = []
    private let large: LargeReleases
    private let churn: FileChurn
    private var random: SplitMix64
    private let start = ContinuousClock.now

    /// - Parameters:
    ///   - clients: honest ones.
    ///   - scale: of the attacks' rates.
    ///   - identities: in the key file beside theirs.
    ///   - seed: of the attacks.
    /// - Throws: ``BenchError``, `SocketError`, `DTLSError`.
    init(clients: Int, scale: Double, identities: Int, seed: UInt64) throws {
        folder = try ServerPeer.Folder(sessions: clients + 2, imageBytes: 100_000)
        large = try LargeReleases(folder)
        churn = FileChurn(folder, large, identities: identities)
        random = SplitMix64(seed: seed)
        try churn.writeIdentities(0, to: URL(fileURLWithPath: folder.path("identities.psk")))
        server = try HostileServer(folder, large: large.first)
        generator = try LoadGenerator(server: HostileServer.address, port: server.port)
        let image = Array(try Data(contentsOf: URL(fileURLWithPath: folder.path("Images/7/1.0.0/firmware.bin"))))
        for index in 0..<clients {
            honest.append(try HonestClient(index: index, image: image, outgoing: outgoing))
        }
        let raw = try RawSocket()
        let spoofed: [Forgeries.Kind: Double] = [
            .portZero: 200, .alerts: 500, .keyExchanges: 500, .records: 1000, .hellos: 500, .replays: 500,
            .probes: 500, .noise: 1000,
        ]
        for kind in Forgeries.Kind.allCases {
            attacks.append(Forgeries(kind, rate: spoofed[kind, default: 0] * scale, through: raw))
        }
        attacks.append(try HalfHandshakes(claimsMuch: false, rate: 1000 * scale))
        attacks.append(try HalfHandshakes(claimsMuch: true, rate: 100 * scale))
        let address = (HostileServer.address, server.port)
        attacks.append(
            try FullHandshakes(
                "wrong keys",
                identity: LoadAddress.identity(of: 3),
                key: Array("not the right key".utf8),
                first: 1_000_000,
                rate: 50 * scale,
                server: address
            )
        )
        attacks.append(try WideReader(index: clients + 1, rate: 300 * scale, server: address))
        attacks.append(
            try FullHandshakes(
                "one identity without end",
                identity: LoadAddress.identity(of: clients),
                key: LoadSession.key,
                first: 2_000_000,
                rate: 200 * scale,
                server: address
            )
        )
    }

    deinit { folder.remove() }

    /// - Parameters:
    ///   - seconds: of the attack; the calm before it takes a third as long, a minute at most.
    ///   - rows: of `coap-fw-client` processes that update devices meanwhile, one after the other in each.
    ///   - settle: seconds after the attack until memory is looked at for the last time.
    ///   - changesFiles: whether keys and releases change too.
    /// - Returns: what was seen.
    /// - Throws: ``BenchError``, `SocketError`, `DTLSError`.
    func run(seconds: Double, updates rows: Int, settle: Double, changesFiles: Bool) throws -> Result {
        var result = Result()
        // Until all have a session and the first image: what that takes is no one's memory but theirs.
        _ = try play(min(15, max(4, seconds / 4)), attacked: false)
        result.serverBytesBefore = server.meter.residentBytes
        result.calm = try play(min(60, seconds / 3), attacked: false)
        let devices = UpdatingDevices(folder, server, rows: rows)
        if changesFiles { churn.start(on: server.disk) }
        devices.start()
        result.attacked = try play(seconds, attacked: true)
        if changesFiles { try churn.stop(on: server.disk) }
        let ended = now
        result.files = churn.outcome
        result.attacks = attacks.map { "\($0.name): \($0.outcome ?? "sent")" }
        (result.updates, result.failedUpdates) = devices.stop()
        for seconds in [5, 30, 60, 90].filter({ $0 < settle }) + [settle] {
            let after = try play(max(1, seconds - (now - ended).inSeconds), attacked: false)
            result.serverBytesAfter.append([(now - ended).inSeconds, server.meter.residentBytes])
            result.lossesAfter += after.losses
            result.isAlive = server.isRunning && after.bytesPerSecond > 0
        }
        return result
    }

    private var now: Duration { ContinuousClock.now - start }

    private func play(_ seconds: Double, attacked: Bool) throws -> Phase {
        let began = now
        let end = began + .seconds(seconds)
        for client in honest { client.resetCounters(now: began) }
        let used = (server.meter.processorSeconds, ProcessMeter.own.processorSeconds)
        let target = Target(
            address: HostileServer.address,
            port: server.port,
            plainPort: server.plainPort,
            honestPort: generator.port,
            honest: honest
        )
        var fired = [Double](repeating: 0, count: attacks.count)
        while now < end {
            _ = try generator.receive(within: .milliseconds(1)) { datagram, index in
                guard honest.indices.contains(index) else { return }
                honest[index].receive(datagram, now: now)
                send(from: honest[index])
            }
            let time = now
            for client in honest {
                try client.advance(now: time)
                send(from: client)
            }
            generator.flush()
            guard attacked else { continue }
            let elapsed = (time - began).inSeconds
            for (index, attack) in attacks.enumerated() {
                // What could not be kept up with is not made up for: the next turn begins from here.
                var turns = 0
                while fired[index] < elapsed * attack.rate, turns < 64 {
                    try attack.fire(target, &random)
                    fired[index] += 1
                    turns += 1
                }
                try attack.receive()
            }
        }
        return phase(since: began, used)
    }

    private func send(from client: HonestClient) {
        guard !outgoing.isEmpty else { return }
        outgoing.withEach { generator.send($0, from: client.source) }
        outgoing.removeAll()
    }

    private func phase(since began: Duration, _ used: (server: Double, own: Double)) -> Phase {
        let all = honest.map(\.counters)
        let seconds = (now - began).inSeconds
        var phase = Phase()
        phase.seconds = seconds
        phase.bytesPerSecond = Double(all.reduce(0) { $0 + $1.bytes }) / seconds
        phase.images = all.reduce(0) { $0 + $1.images }
        phase.wrongBlocks = all.reduce(0) { $0 + $1.wrong }
        phase.handshakes = all.reduce(0) { $0 + $1.handshakes }
        phase.losses = all.reduce(0) { $0 + $1.losses }
        phase.retransmissions = all.reduce(0) { $0 + $1.retransmissions }
        phase.longestWaitSeconds = all.map(\.longestWait.inSeconds).max() ?? 0
        phase.serverProcessorShare = (server.meter.processorSeconds - used.server) / seconds
        phase.generatorProcessorShare = (ProcessMeter.own.processorSeconds - used.own) / seconds
        phase.serverBytes = server.meter.residentBytes
        return phase
    }
}
