import CoAP
import LinkEmulator
import UpdateClient

/// What one client did.
struct ClientResult {
    var startedAt = 0.0
    var finishedAt: Double?
    var requests = 0
    var blocks = 0
    var failure: TransferError?
    /// When each block came, for shares of the link over a time.
    var arrivals: [Double] = []

    var seconds: Double? { finishedAt.map { $0 - startedAt } }
}

/// What one seed gave.
struct RunResult {
    var clients: [ClientResult] = []
    var meanQueueBlocks = 0.0
    var peakQueueBlocks = 0.0
    var queueDrops = 0
    var answersSent = 0
    /// Share of the time, from the first request to the last block, in which the link was sending.
    var busy = 0.0
    /// What each competitor got through.
    var competitorBlocks: [Int] = []
    /// The competitor's share of the link without us, alone and beside another one, in the same time.
    var renoAlone = 0.0
    var renoBesideReno = 0.0
    /// Seconds from the rate change until the queue was no longer than a pipe and eight blocks, and stayed so.
    var drainSeconds: Double?
    var endedAt = 0.0
    /// Begun by each client.
    var handshakes: [Int] = []
}

/// Clients with the real engine, a server that answers at once, and two links, in virtual time.
final class TransferSimulation {
    private enum Event {
        case start(Int)
        case hello(Int, HandshakeModel.Datagram)
        case helloAnswer(Int, HandshakeModel.Datagram)
        case helloTimer(Int)
        case wake(Int)
        case request(Int, BlockRequest)
        case answer(Int, BlockRequest)
        case competitorSend(Int)
        case competitorArrival(Int, UInt64)
        case competitorAcknowledgement(Int, UInt64)
        case competitorTimeout(Int)
        case rateChange(Double)
        case everyoneStarted
    }

    private final class Client {
        var engine: BlockTransfer
        var result = ClientResult()
        var wakeAt: Duration?
        var handshake = HandshakeModel()

        init(engine: consuming BlockTransfer) { self.engine = engine }
    }

    private let scenario: Scenario
    private var down: Link
    private var up: Link
    private var events = DeliveryQueue<Event>()
    private var clients: [Client] = []
    private var competitors: [RenoFlow]
    /// When each competitor's timer is due; one event at a time.
    private var competitorTimers: [Duration?]
    private var meter = QueueMeter()
    private var result = RunResult()
    private var blockSeconds: Double
    private var changedAt: Double?
    /// Until the first client is done.
    private var standingQueueBlocks: Double?
    private var lastLongQueue: Double?
    private var firstRequestAt: Double?
    private let etag = ETag(0x0123_4567_89AB_CDEF)
    private let seed: UInt64

    init(_ scenario: Scenario, seed: UInt64) throws {
        self.scenario = scenario
        self.seed = seed
        down = Link(schedule: try scenario.downward(), seed: seed &* 2 &+ 1)
        up = Link(schedule: try scenario.upward(), seed: seed &* 2)
        blockSeconds = scenario.blockSeconds
        competitors = Array(repeating: RenoFlow(), count: scenario.competitors)
        competitorTimers = Array(repeating: nil, count: scenario.competitors)
        result.competitorBlocks = Array(repeating: 0, count: scenario.competitors)
    }

    func run() -> RunResult {
        for index in 0..<scenario.clients {
            var configuration = TransferConfiguration()
            configuration.expectedRoundTrip = scenario.expectedRoundTrip
            configuration.maximumInFlight = scenario.maximumInFlight
            clients.append(
                Client(engine: BlockTransfer(configuration: configuration, randomSeed: seed &* 31 &+ UInt64(index)))
            )
            events.add(.start(index), at: scenario.stagger * index)
        }
        for index in competitors.indices {
            events.add(.competitorSend(index), at: .seconds(Double(index) * 7 * scenario.blockSeconds))
        }
        if scenario.clients > 1 {
            // A queue that a newcomer's first burst makes is not a standing one.
            let settled = scenario.stagger * (scenario.clients - 1) + .seconds(32 * scenario.blockSeconds)
            events.add(.everyoneStarted, at: settled)
        }
        for change in scenario.rateChanges { events.add(.rateChange(change.factor), at: change.at) }
        while let now = events.nextTime, let event = events.next(by: now), now.inSeconds < scenario.givenUpAfter {
            handle(event, now: now)
            let isOver = clients.allSatisfy { $0.result.finishedAt != nil || $0.result.failure != nil }
            if isOver, !clients.isEmpty {
                finish(now: now.inSeconds)
                break
            }
        }
        if clients.isEmpty { finish(now: scenario.givenUpAfter) }
        result.clients = clients.map(\.result)
        result.handshakes = clients.map(\.handshake.attempts)
        return result
    }

    private func handle(_ event: Event, now: Duration) {
        switch event {
        case .start(let index):
            clients[index].result.startedAt = now.inSeconds
            if firstRequestAt == nil { firstRequestAt = now.inSeconds }
            guard scenario.hasHandshakes else { return begin(index, now: now) }
            greet(index, clients[index].handshake.start(now: now.inSeconds), now: now)
        case .hello(let index, let datagram):
            sendDown(
                bytes: HandshakeModel.answerBytes[datagram.flight],
                now: now,
                .helloAnswer(index, datagram)
            )
        case .helloAnswer(let index, let datagram):
            let client = clients[index]
            guard !client.handshake.isUp else { return }
            let next = client.handshake.receive(datagram, now: now.inSeconds)
            if client.handshake.isUp {
                if let seen = client.handshake.roundTrips {
                    client.engine.expectRoundTrips(.seconds(seen.lowerBound)...Duration.seconds(seen.upperBound))
                }
                begin(index, now: now)
            } else {
                greet(index, next, now: now)
            }
        case .helloTimer(let index):
            greet(index, clients[index].handshake.timerFired(now: now.inSeconds), now: now)
        case .wake(let index):
            guard clients[index].wakeAt == now else { return }
            clients[index].wakeAt = nil
            if case .failed(let error) = clients[index].engine.timerFired(now: now) {
                clients[index].result.failure = error
            }
            pump(index, now: now)
        case .request(let index, let request):
            sendDown(bytes: answerBytes(request), now: now, .answer(index, request))
        case .answer(let index, let request):
            deliver(request, to: index, now: now)
        case .competitorSend(let index):
            pumpCompetitor(index, now: now)
        case .competitorArrival(let index, let number):
            result.competitorBlocks[index] += 1
            let fate = up.send(byteCount: 40, now: now)
            schedule(fate, .competitorAcknowledgement(index, number), now: now)
        case .competitorAcknowledgement(let index, let number):
            competitors[index].acknowledged(number, now: now)
            pumpCompetitor(index, now: now)
        case .competitorTimeout(let index):
            competitorTimers[index] = nil
            if let deadline = competitors[index].deadline, deadline <= now { competitors[index].timedOut(now: now) }
            pumpCompetitor(index, now: now)
        case .everyoneStarted:
            meter.restart(now: now.inSeconds)
        case .rateChange(let factor):
            changeRate(to: factor, now: now)
        }
    }

    // MARK: Clients

    private func greet(_ index: Int, _ datagram: HandshakeModel.Datagram?, now: Duration) {
        guard let datagram else { return }
        let bytes = HandshakeModel.requestBytes[datagram.flight]
        schedule(up.send(byteCount: bytes, now: now), .hello(index, datagram), now: now)
        if let at = clients[index].handshake.wakeAt { events.add(.helloTimer(index), at: .seconds(at)) }
    }

    private func begin(_ index: Int, now: Duration) {
        clients[index].engine.start(now: now)
        pump(index, now: now)
    }

    private func pump(_ index: Int, now: Duration) {
        let client = clients[index]
        while let request = client.engine.nextRequest(now: now) {
            client.result.requests += 1
            schedule(up.send(byteCount: WireSizes.requestBytes, now: now), .request(index, request), now: now)
        }
        guard client.result.finishedAt == nil, let wakeup = client.engine.nextWakeup else { return }
        let at = max(wakeup, now + .microseconds(1))
        if client.wakeAt != at {
            client.wakeAt = at
            events.add(.wake(index), at: at)
        }
    }

    private func answerBytes(_ request: BlockRequest) -> Int {
        let size = 16 << Int(request.szx)
        let rest = scenario.imageBytes - Int(request.blockNumber) * size
        return WireSizes.answerBytes(blockBytes: max(0, min(size, rest)))
    }

    private func deliver(_ request: BlockRequest, to index: Int, now: Duration) {
        let client = clients[index]
        guard client.result.finishedAt == nil else { return }
        let size = 16 << Int(request.szx)
        let rest = scenario.imageBytes - Int(request.blockNumber) * size
        let response = BlockResponse(
            token: request.token,
            code: .content,
            block: try? BlockOption(number: request.blockNumber, more: rest > size, szx: request.szx),
            etag: etag,
            sizeBytes: request.blockNumber == 0 ? UInt32(scenario.imageBytes) : nil,
            payloadByteCount: min(size, rest)
        )
        switch client.engine.receive(response, now: now) {
        case .store(_, let number):
            client.result.blocks += 1
            client.result.arrivals.append(now.inSeconds)
            if number == 0 { client.engine.proceed(now: now) }
        case .failed(let error): client.result.failure = error
        case .duplicate, .ignored, .notModified, .changed: break
        }
        if client.engine.isComplete {
            client.result.finishedAt = now.inSeconds
            if standingQueueBlocks == nil {
                meter.advance(to: now.inSeconds)
                standingQueueBlocks = meter.meanSeconds() / blockSeconds
            }
        } else {
            pump(index, now: now)
        }
    }

    // MARK: Links

    private func backlog(now: Duration) -> Double { max(0, (down.idleFrom - now).inSeconds) }

    private func sendDown(bytes: Int, now: Duration, _ event: Event) {
        result.answersSent += 1
        let fate = down.send(byteCount: bytes, now: now)
        if fate == .dropped(.queueFull) { result.queueDrops += 1 }
        let backlog = backlog(now: now)
        meter.note(backlog: backlog, now: now.inSeconds)
        if let changedAt, backlog > (longQueueBlocks + 1) * blockSeconds {
            lastLongQueue = now.inSeconds + backlog - longQueueBlocks * blockSeconds - changedAt
        }
        schedule(fate, event, now: now)
    }

    /// One pipe at the present rate, and eight blocks.
    private var longQueueBlocks: Double { scenario.roundTripSeconds / blockSeconds + 8 }

    private func schedule(_ fate: Fate, _ event: Event, now: Duration) {
        if let blackout = scenario.blackout, now >= blackout.from, now < blackout.to { return }
        switch fate {
        case .dropped: break
        case .delivered(let delivery): events.add(event, at: delivery.time)
        case .duplicated(let first, let second):
            events.add(event, at: first.time)
            events.add(event, at: second.time)
        }
    }

    private func changeRate(to factor: Double, now: Duration) {
        blockSeconds = scenario.blockSeconds / factor
        // Only a slower link has something to drain.
        guard factor < 1 else { return }
        changedAt = now.inSeconds
        lastLongQueue = max(0, backlog(now: now) - longQueueBlocks * blockSeconds)
    }

    private func pumpCompetitor(_ index: Int, now: Duration) {
        while competitors[index].hasRoom {
            let number = competitors[index].send(now: now)
            sendDown(bytes: WireSizes.answerBytes(blockBytes: 1024), now: now, .competitorArrival(index, number))
        }
        guard competitorTimers[index] == nil, let deadline = competitors[index].deadline else { return }
        let at = max(deadline, now)
        competitorTimers[index] = at
        events.add(.competitorTimeout(index), at: at)
    }

    private func finish(now: Double) {
        meter.advance(to: now)
        result.endedAt = now
        result.meanQueueBlocks = standingQueueBlocks ?? 0
        result.peakQueueBlocks = meter.peakSeconds / blockSeconds
        let elapsed = now - (firstRequestAt ?? 0)
        result.busy = elapsed > 0 ? min(1, down.statistics.busy.inSeconds / elapsed) : 0
        result.drainSeconds = lastLongQueue
    }
}
