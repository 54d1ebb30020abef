import CoAP
import UpdateClient

/// An engine, a server and two links in virtual time; what is stored is held against the image.
final class TransferRun {
    private enum Event {
        case request(BlockRequest)
        case answer(BlockResponse)
        case wake
    }

    var engine: BlockTransfer
    var server: TransferServer
    var up: TransferLink
    var down: TransferLink
    /// Nothing passes from the first to the second.
    var blackout: Range<Duration>?
    /// What the caller does when the engine calls the path dead; nil: nothing.
    var renewAfter: Duration?
    /// Called with each answer before the engine sees it; what it returns is delivered.
    var onDelivery: ((BlockResponse, Duration) -> [BlockResponse])?

    private(set) var now = Duration.zero
    private(set) var sent: [(request: BlockRequest, at: Duration)] = []
    private(set) var stored: [(offset: Int, byteCount: Int)] = []
    private(set) var dispositions: [BlockDisposition] = []
    private(set) var unresponsive: [Duration] = []
    private(set) var failure: TransferError?
    private(set) var changes = 0
    private(set) var payloadBytes = 0
    private(set) var storedAgain = false
    /// Wake-ups asked for that did not lie ahead: a caller would spin.
    private(set) var wakeupsInThePast: [Duration] = []
    private(set) var maximumInFlight = 0
    private var isStored: Set<Int> = []
    private var events: [(time: Duration, order: Int, event: Event)] = []
    private var order = 0
    private var pendingWake: Duration?

    init(
        _ server: TransferServer,
        configuration: TransferConfiguration = TransferConfiguration(),
        seed: UInt64 = 1
    ) {
        self.server = server
        engine = BlockTransfer(configuration: configuration, randomSeed: seed)
        up = TransferLink(seed: seed &* 2)
        down = TransferLink(seed: seed &* 2 &+ 1)
    }

    /// Runs until the transfer is over or the time is.
    func run(until limit: Duration = .seconds(100_000), stopAt: (TransferRun) -> Bool = { _ in false }) {
        if sent.isEmpty { engine.start(now: now) }
        pump()
        while let next = popEvent() {
            guard next.time <= limit else {
                now = limit
                break
            }
            now = max(now, next.time)
            switch next.event {
            case .request(let request): reply(to: request)
            case .answer(let response): deliver(response)
            case .wake:
                pendingWake = nil
                fireTimer()
            }
            if engine.isComplete || failure != nil || stopAt(self) { break }
            pump()
        }
    }

    /// What tests look at, as values: expectations copy what they show, and the engine cannot be copied.
    struct EngineView {
        var isComplete: Bool
        var progress: TransferProgress
        var identity: TransferIdentity?
        var failure: TransferError?
    }

    var engineView: EngineView {
        EngineView(
            isComplete: engine.isComplete,
            progress: engine.progress,
            identity: engine.identity,
            failure: engine.failure
        )
    }

    /// Whether every byte of the image was stored, once.
    var hasWholeImage: Bool {
        !storedAgain && stored.map(\.byteCount).reduce(0, +) == server.imageBytes
    }

    private func pump() {
        var burst = 0
        while let request = engine.nextRequest(now: now) {
            sent.append((request, now))
            burst += 1
            if burst > 2048 { return }
            guard !isBlackedOut, let at = up.arrival(byteCount: 84, now: now) else { continue }
            add(.request(request), at: at)
        }
        maximumInFlight = max(maximumInFlight, engine.progress.inFlight)
        guard let wakeup = engine.nextWakeup else { return }
        if wakeup <= now { wakeupsInThePast.append(now) }
        let at = max(wakeup, now + .microseconds(1))
        if pendingWake.map({ at < $0 }) ?? true {
            pendingWake = at
            add(.wake, at: at)
        }
    }

    private var isBlackedOut: Bool { blackout?.contains(now) ?? false }

    private func reply(to request: BlockRequest) {
        let response = server.answer(request)
        guard !isBlackedOut, let at = down.arrival(byteCount: response.payloadByteCount + 80, now: now) else { return }
        for response in onDelivery?(response, now) ?? [response] { add(.answer(response), at: at) }
    }

    func deliver(_ response: BlockResponse) {
        payloadBytes += response.payloadByteCount
        let disposition = engine.receive(response, now: now)
        dispositions.append(disposition)
        switch disposition {
        case .store(let offset, let number):
            if !isStored.insert(Int(offset)).inserted { storedAgain = true }
            stored.append((Int(offset), response.payloadByteCount))
            if number == 0 { engine.proceed(now: now) }
        case .changed:
            changes += 1
            isStored = []
            stored = []
            engine.start(now: now)
        case .failed(let error): failure = error
        case .duplicate, .ignored, .notModified: break
        }
    }

    private func fireTimer() {
        switch engine.timerFired(now: now) {
        case .none: break
        case .unresponsive:
            unresponsive.append(now)
            if renewAfter != nil { engine.channelRenewed(now: now) }
        case .failed(let error): failure = error
        }
    }

    private func add(_ event: Event, at time: Duration) {
        order += 1
        let index = events.firstIndex { ($0.time, $0.order) < (time, order) } ?? events.endIndex
        events.insert((time, order, event), at: index)
    }

    private func popEvent() -> (time: Duration, order: Int, event: Event)? { events.popLast() }
}
