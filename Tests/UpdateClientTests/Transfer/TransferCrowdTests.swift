import CoAP
import Testing
import UpdateClient

/// Very many clients that start within two seconds, each with an engine of its own, on one link.
private final class CrowdRun {
    private enum Event {
        case start
        /// A flight of a handshake, sent again after three seconds, and its answer.
        case hello(flight: Int)
        case helloAnswer(flight: Int, sentAt: Duration)
        case wake
        case request(BlockRequest)
        case answer(BlockResponse)
    }

    private final class Client {
        var engine: BlockTransfer
        var wakeAt: Duration?
        var finishedAt: Duration?
        /// Flights of the handshake that were answered.
        var answered = 0
        var roundTrips: [Duration] = []

        init(seed: UInt64, roundTrip: Duration?) {
            var configuration = TransferConfiguration()
            configuration.expectedRoundTrip = roundTrip
            engine = BlockTransfer(configuration: configuration, randomSeed: seed)
        }
    }

    private var server: TransferServer
    private let clients: [Client]
    private var up: TransferLink
    private var down: TransferLink
    private var events: [(time: Duration, order: Int, client: Int, event: Event)] = []
    private var order = 0
    /// Answers that found the queue full.
    private(set) var dropped = 0
    private let hasHandshakes: Bool

    /// `hasHandshakes`: whether clients learn the round trip from a handshake, which passes the same queue; else they
    /// know the path's.
    init(clients count: Int, imageBytes: Int, loss: Double, hasHandshakes: Bool, seed: UInt64) {
        self.hasHandshakes = hasHandshakes
        server = TransferServer(imageBytes: imageBytes)
        clients = (0..<count).map {
            Client(seed: seed &* 1000 &+ UInt64($0), roundTrip: hasHandshakes ? nil : .milliseconds(100))
        }
        up = TransferLink(seed: seed &* 2)
        down = TransferLink(seed: seed &* 2 &+ 1)
        up.loss = loss
        down.loss = loss
        down.queueBytes = 128 << 10
    }

    /// What became of each client: the size of its blocks, and when it had them all.
    var outcomes: [(szx: UInt8?, finishedAt: Duration?)] {
        clients.map { ($0.engine.identity?.szx, $0.finishedAt) }
    }

    func run() {
        for index in clients.indices { add(.start, for: index, at: .seconds(2) * index / clients.count) }
        while let next = events.popLast(), next.time < .seconds(10_000) {
            let client = clients[next.client]
            switch next.event {
            case .start where hasHandshakes:
                add(.hello(flight: 0), for: next.client, at: next.time)
                continue
            case .start: client.engine.start(now: next.time)
            case .hello(let flight):
                greet(next.client, flight: flight, now: next.time)
                continue
            case .helloAnswer(let flight, let sentAt):
                guard flight == client.answered else { continue }
                client.answered += 1
                client.roundTrips.append(next.time - sentAt)
                guard client.answered == 3 else {
                    add(.hello(flight: client.answered), for: next.client, at: next.time)
                    continue
                }
                if let least = client.roundTrips.min(), let greatest = client.roundTrips.max() {
                    client.engine.expectRoundTrips(least...greatest)
                }
                client.engine.start(now: next.time)
            case .wake:
                guard client.wakeAt == next.time else { continue }
                client.wakeAt = nil
                _ = client.engine.timerFired(now: next.time)
            case .request(let request):
                let response = server.answer(request)
                guard let sent = down.sent(byteCount: response.payloadByteCount + 80, now: next.time) else {
                    dropped += 1
                    continue
                }
                if let at = sent { add(.answer(response), for: next.client, at: at) }
                continue
            case .answer(let response):
                guard client.finishedAt == nil else { continue }
                if case .store(_, 0) = client.engine.receive(response, now: next.time) {
                    client.engine.proceed(now: next.time)
                }
                if client.engine.isComplete { client.finishedAt = next.time }
            }
            if client.finishedAt == nil { pump(next.client, now: next.time) }
        }
    }

    private func greet(_ index: Int, flight: Int, now: Duration) {
        guard clients[index].answered == flight else { return }
        add(.hello(flight: flight), for: index, at: now + .seconds(3))
        guard let there = up.arrival(byteCount: 120, now: now), let sent = down.sent(byteCount: 120, now: there),
            let back = sent
        else { return }
        add(.helloAnswer(flight: flight, sentAt: now), for: index, at: back)
    }

    private func pump(_ index: Int, now: Duration) {
        let client = clients[index]
        while let request = client.engine.nextRequest(now: now) {
            if let at = up.arrival(byteCount: 84, now: now) { add(.request(request), for: index, at: at) }
        }
        guard let wakeup = client.engine.nextWakeup else { return }
        let at = max(wakeup, now + .microseconds(1))
        guard client.wakeAt != at else { return }
        client.wakeAt = at
        add(.wake, for: index, at: at)
    }

    private func add(_ event: Event, for client: Int, at time: Duration) {
        order += 1
        // The latest comes first: the next one is the last.
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].time > time { low = middle + 1 } else { high = middle }
        }
        events.insert((time, order, client, event), at: low)
    }
}

@Suite("Transfer: crowds", .timeLimit(.minutes(5)))
struct TransferCrowdTests {
    private static let clients = 100
    private static let imageBytes = 32 << 10

    private func crowd(loss: Double, hasHandshakes: Bool = false, seed: UInt64) -> CrowdRun {
        let run = CrowdRun(
            clients: Self.clients,
            imageBytes: Self.imageBytes,
            loss: loss,
            hasHandshakes: hasHandshakes,
            seed: seed
        )
        run.run()
        return run
    }

    @Test("a crowd keeps its block size", arguments: [0, 0.05], UInt64(1)...4)
    func blockSize(loss: Double, seed: UInt64) {
        let smaller = crowd(loss: loss, seed: seed).outcomes.filter { $0.szx != 6 }.count
        #expect(smaller == 0, "of \(Self.clients) clients; seed \(seed)")
    }

    @Test("a queue that handshakes meet is not taken for the path", arguments: UInt64(1)...4)
    func queueInHandshake(seed: UInt64) {
        let run = crowd(loss: 0, hasHandshakes: true, seed: seed)
        #expect(run.outcomes.allSatisfy { $0.finishedAt != nil }, "seed \(seed)")
        let blocks = Double(Self.clients * Self.imageBytes >> 10)
        #expect(Double(run.dropped) <= 0.1 * blocks, "\(run.dropped) answers dropped; seed \(seed)")
    }

    @Test("a crowd fills the link, drops little, and all come to their end", arguments: UInt64(1)...4)
    func share(seed: UInt64) {
        let run = crowd(loss: 0, seed: seed)
        let times = run.outcomes.compactMap { $0.finishedAt?.transferSeconds }
        #expect(times.count == Self.clients, "seed \(seed)")
        let blocks = Double(Self.clients * Self.imageBytes >> 10)
        #expect(Double(run.dropped) <= 0.12 * blocks, "\(run.dropped) answers dropped; seed \(seed)")
        let limit = blocks * 1104 * 8 / 250_000
        #expect(times.max() ?? .infinity <= limit / 0.85, "seed \(seed)")
        // Equal shares end together.
        #expect(times.min() ?? 0 >= 0.5 * limit, "seed \(seed)")
    }
}
