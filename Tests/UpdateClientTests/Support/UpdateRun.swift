import Bootloader
import CoAP
import FirmwareImage
import HostCryptography
import UpdateClient

/// One run of the client against a `TestServer` over a link with delay and loss, in virtual time.
struct UpdateRun: ~Copyable {
    typealias Machine = UpdateMachine<CutFlash, HostCryptography>

    enum Opening {
        case up
        case down(ChannelDownReason)
        case never
    }

    var machine: Machine
    var flash: CutFlash
    var server: TestServer
    var now: Duration = .zero
    /// One way.
    var delay: Duration = .milliseconds(50)
    /// Whether the n-th datagram (from 1, both ways) is lost.
    var isLost: (Int) -> Bool = { _ in false }
    /// Datagrams of more bytes are lost at this time.
    var maximumBytes: (Duration) -> Int = { _ in .max }
    /// Whether a channel that came up at the first time carries anything at the second.
    var isAlive: (_ since: Duration, _ now: Duration) -> Bool = { _, _ in true }
    /// The link's time for an answer of any size; others wait.
    var spacing: Duration = .zero
    /// Changes a datagram from the server.
    var tamper: (Int, inout [UInt8]) -> Void = { _, _ in }
    /// What becomes of the n-th channel, from 1.
    var opening: (Int) -> Opening = { _ in .up }
    /// What the opening of a channel shows of the round trip.
    var shownRoundTrip: Duration?
    /// Ends the run as a kill would: nothing is told to the machine.
    var killed: (UpdateStatistics, TestServer) -> Bool = { _, _ in false }
    private(set) var datagrams = 0
    private(set) var channels = 0
    private(set) var states: [UpdateState] = []
    /// The requests and replies that the machine sent.
    private(set) var sent: [[UInt8]] = []
    /// When channels came up.
    private(set) var ups: [Duration] = []
    private var isUp = false
    private var freeAt: Duration = .zero
    private var events: [(time: Duration, event: Event)] = []

    private enum Event {
        case opened(Opening, channel: Int)
        case toServer([UInt8], channel: Int)
        case toClient([UInt8], channel: Int)
    }

    init(
        map: FlashMap,
        contents: [UInt8],
        server: TestServer,
        productID: UInt16 = 7,
        seed: UInt64 = 1,
        cut: CutFlash.Cut? = nil,
        configure: (inout UpdateConfiguration) -> Void = { _ in }
    ) {
        var configuration = UpdateConfiguration(productID: productID, map: map)
        configuration.transfer.maximumBlocks = 2048
        configure(&configuration)
        machine = Machine(configuration: configuration, randomSeed: seed)
        flash = CutFlash(geometry: map.geometry, contents: contents, cut: cut)
        self.server = server
    }

    /// Runs to the end of the update.
    ///
    /// - Returns: the outcome; nil if it was killed, or if nothing can happen any more or `limit` is reached.
    mutating func run(limit: Duration = .seconds(36_000)) throws -> UpdateOutcome? {
        machine.start(flash: &flash, now: now)
        var deadline: Duration?
        var steps = 0
        while now <= limit, steps < 2_000_000 {
            steps += 1
            note(machine.state)
            switch machine.nextAction(now: now) {
            case .openChannel:
                channels += 1
                events.append((now + delay * 4, .opened(opening(channels), channel: channels)))
                continue
            case .closeChannel:
                isUp = false
                continue
            case .transmit:
                let bytes = (0..<machine.outgoing.byteCount).map { machine.outgoing.coapByte(at: $0) }
                sent.append(bytes)
                datagrams += 1
                if !isLost(datagrams) { events.append((now + delay, .toServer(bytes, channel: channels))) }
                continue
            case .finished(let outcome):
                note(machine.state)
                return outcome
            case .wait(let until):
                deadline = until
            }
            if killed(machine.statistics, server) { return nil }
            let next = events.indices.min { events[$0].time < events[$1].time }
            if let next, deadline.map({ events[next].time <= $0 }) ?? true {
                let entry = events.remove(at: next)
                now = max(now, entry.time)
                try deliver(entry.event)
            } else if let deadline {
                now = max(now, deadline)
                machine.timerFired(flash: &flash, now: now)
            } else {
                return nil
            }
        }
        return nil
    }

    private mutating func deliver(_ event: Event) throws {
        switch event {
        case .opened(let result, let channel):
            guard channel == channels else { return }
            switch result {
            case .up:
                isUp = true
                ups.append(now)
                machine.channelUp(roundTrip: shownRoundTrip, now: now)
            case .down(let reason):
                machine.channelDown(reason, now: now)
            case .never:
                break
            }
        case .toServer(let bytes, let channel):
            guard isAlive(ups.last ?? now, now), let answer = try server.respond(to: bytes) else { return }
            datagrams += 1
            let departure = max(now, freeAt)
            freeAt = departure + spacing
            guard !isLost(datagrams), answer.count <= maximumBytes(departure) else { return }
            events.append((departure + delay, .toClient(answer, channel: channel)))
        case .toClient(var bytes, let channel):
            guard isUp, channel == channels, isAlive(ups.last ?? now, now) else { return }
            tamper(datagrams, &bytes)
            machine.receive(bytes.span.bytes, flash: &flash, now: now)
        }
    }

    private mutating func note(_ state: UpdateState) {
        if states.last != state { states.append(state) }
    }
}
