import ArgumentParser
import CommandSupport
import Foundation
import HostSupport
import LinkEmulator
import NIOCore
import NIOPosix

@main
struct LinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coap-fw-link",
        abstract: "A UDP proxy that behaves like a slow and lossy link.",
        discussion: """
            Each way has its own queue, rate and random numbers; all clients share them. A datagram of n bytes takes \
            (n + 28) · 8 / rate seconds, also when it is lost. The same seed and the same datagrams have the same fate.

            Presets (rate, one-way delay): sat 20 kbit/s 125 ms, nb-iot 60 kbit/s 750 ms, mesh 250 kbit/s 50 ms, \
            lte 10 Mbit/s 20 ms. Other options override them.

            --change gives one direction, or the time from a moment on, other properties: \
            --change up:rate=25000 --change 10s:down:rate=40000,loss=0.2 --change 20s:down:rate=250000. \
            Time counts from the first datagram; what waits for the link goes on at the new rate.

            Statistics are written at SIGUSR1 and at the end (SIGINT, SIGTERM).
            """,
        version: ProgramVersion.text
    )

    @Option(help: "Where clients send to; port 0 takes any free port.", transform: HostPort.init(parsing:))
    var listen: HostPort

    @Option(help: "The server behind the link.", transform: HostPort.init(parsing:))
    var to: HostPort

    @Option(help: "Rate and delay of a known link.")
    var preset: LinkPreset?

    @Option(help: "Bits per second, each way: 20000, 250k, 10M. [default: no limit]", transform: Quantity.rate)
    var rate: UInt64?

    @Option(help: "One-way delay: 125ms, 1.5s. [default: 0ms]", transform: Quantity.duration)
    var delay: Duration?

    @Option(
        help: "Up to this much more delay, which may change the order; with pareto so much on average. [default: 0ms]",
        transform: Quantity.duration
    )
    var jitter: Duration = .zero

    @Option(
        help: "How jitter is distributed: uniform, pareto or pareto:SHAPE. [default: uniform]",
        transform: Quantity.jitterShape
    )
    var jitterShape: Jitter.Distribution = .uniform

    @Flag(help: "Jitter delays, but no datagram overtakes another by it.")
    var keepOrder = false

    @Option(help: "Probability that a datagram is lost, each way. [default: 0]", transform: Quantity.probability)
    var loss: Double = 0

    @Option(
        help: "Mean number of datagrams lost in a row; the average loss stays. [default: each loss for itself]",
        transform: Quantity.burstLength
    )
    var burst: Double?

    @Option(help: "Probability that a datagram arrives twice. [default: 0]", transform: Quantity.probability)
    var duplicate: Double = 0

    @Option(help: "Probability that later datagrams pass one. [default: 0]", transform: Quantity.probability)
    var reorder: Double = 0

    @Option(help: "Probability that a byte is changed. [default: 0]", transform: Quantity.probability)
    var corrupt: Double = 0

    @Option(
        help: "What may wait for the link, headers included: 16384, 16KiB. [default: 64KiB]",
        transform: Quantity.bytes
    )
    var queue: Int = LinkProfile.defaultQueueBytes

    @Option(help: "Larger packets, headers included, are dropped. [default: 65535]", transform: Quantity.bytes)
    var mtu: Int = LinkProfile.maximumMTUBytes

    @Option(
        help: "How often the port that the server sees changes, as a NAT does. [default: never]",
        transform: Quantity.interval
    )
    var rebindEvery: Duration?

    @Option(
        help: "Other properties for one direction or from a time on: up:rate=25000, 10s:down:rate=40000,loss=0.2.",
        transform: LinkChange.init(parsing:)
    )
    var change: [LinkChange] = []

    @Option(help: "Seed of every random decision.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Statistics as JSON.", valueName: "file.json"))
    var stats: String?

    static func main() async {
        await runProgram()
    }

    func validate() throws {
        do {
            _ = try settings.profile()
            for direction in [LinkChange.Direction.up, .down] { _ = try schedule(direction) }
        } catch let error as LinkProfileError {
            throw ValidationError(error.sentence)
        }
        guard to.port > 0 else { throw ValidationError("--to needs the server's port, and 0 is none.") }
    }

    func run() async throws {
        do {
            try await serve()
        } catch let error as LinkToolError {
            Console.report("\(error)")
            throw ExitCode(error.exitStatus.rawValue)
        }
    }

    private func serve() async throws {
        let (numbers, continuation) = AsyncStream.makeStream(of: Int32.self)
        let signals = SignalSources([SIGUSR1, SIGINT, SIGTERM]) { continuation.yield($0) }
        defer { signals.cancel() }
        let (profile, up, down) = (try settings.profile(), try schedule(.up), try schedule(.down))
        let (seed, room) = (seed, min(LinkProxy.maximumClients, Descriptors.raiseLimit()))
        let (server, address) = (try to.resolved(), try listen.resolved())
        let rebindInterval = rebindEvery.map { TimeAmount($0) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let proxy = try await loop.submit {
            NIOLoopBound(
                LinkProxy(
                    loop: loop,
                    server: server,
                    profile: profile,
                    links: LinkPair(upstream: up, downstream: down, seed: seed),
                    seed: seed,
                    rebindInterval: rebindInterval,
                    maximumClients: room
                ),
                eventLoop: loop
            )
        }.get()
        let local: SocketAddress
        do {
            local = try await loop.flatSubmit { proxy.value.listen(on: address) }.get()
        } catch {
            throw LinkToolError.cannotListen(address.hostAndPort, reason: error.reason)
        }
        // Written at once: a path that cannot be written is found now and not after an hour.
        try await write(proxy)
        Console.say("listening on udp://\(local.hostAndPort)")
        for await number in numbers {
            try await write(proxy)
            if number != SIGUSR1 { break }
        }
    }

    private func write(_ proxy: NIOLoopBound<LinkProxy>) async throws {
        guard let stats else { return }
        try await proxy.eventLoop.submit { proxy.value.report }.get().write(to: stats)
    }

    private func schedule(_ direction: LinkChange.Direction) throws -> LinkSchedule {
        try LinkSchedule(settings, changes: change, direction: direction)
    }

    private var settings: LinkSettings {
        LinkSettings(
            preset: preset,
            rate: rate,
            delay: delay,
            jitter: jitter,
            jitterShape: jitterShape,
            keepsOrder: keepOrder,
            loss: loss,
            burst: burst,
            duplicate: duplicate,
            reorder: reorder,
            corrupt: corrupt,
            queue: queue,
            mtu: mtu
        )
    }
}

extension LinkPreset: ExpressibleByArgument {}

extension LinkProfileError {
    /// In the words of the command line.
    fileprivate var sentence: String {
        switch self {
        case .zeroRate: "--rate 0 carries nothing; leave it out for a link without a limit."
        case .rateTooHigh: "--rate is at most \(LinkProfile.maximumRateBitsPerSecond) bits per second."
        case .durationOutOfRange(let field): "--\(field.rawValue) is from 0ms to one day."
        case .shapeOutOfRange: "--jitter-shape pareto needs a shape above 1 and up to 100."
        case .probabilityOutOfRange(let field): "--\(field.rawValue) is from 0 to 1."
        case .burstLengthOutOfRange: "--burst is at least 1."
        case .burstTooShort(let minimum): "--burst is at least \((minimum * 1000).rounded(.up) / 1000) for that --loss."
        case .queueOutOfRange: "--queue is from 1 to \(LinkProfile.maximumQueueBytes) bytes."
        case .mtuOutOfRange: "--mtu is from \(LinkProfile.headerBytes + 1) to \(LinkProfile.maximumMTUBytes) bytes."
        }
    }
}

extension Error {
    /// What the system says, without the call's name.
    fileprivate var reason: String {
        guard let error = self as? IOError else { return "\(self)" }
        return String(cString: strerror(error.errnoCode))
    }
}
