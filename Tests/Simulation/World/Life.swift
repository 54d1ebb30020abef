import Bootloader
import FirmwareImage
import FlashEmulator
import HostCryptography
import LinkEmulator
import SeededRandom
import UpdateClient

/// One device, one server and the link between them in virtual time, from factory to the end of all faults.
///
/// The device runs the update again and again, as a daemon would, until its outcome is final; it is killed and loses
/// power as its scenario says. After the last fault the link heals, so that what can be reached must be reached.
final class Life {
    let scenario: Scenario
    let releases: Releases
    var random: SplitMix64
    var now: Duration = .zero
    var queue = EventQueue(minimumCapacity: 256)
    var links: LinkPair
    var server: SimulatedServer
    var device: SimulatedDevice
    var client: ClientProcess?
    var processes = 0
    var outcomes: [UpdateOutcome] = []
    var steps = 0
    private var lastStart: Duration = .zero

    /// After this, nothing goes wrong any more.
    let healing: Duration
    private var isHealed = false

    init(seed: UInt64, scenario: Scenario) throws {
        self.scenario = scenario
        releases = try Releases(scenario: scenario, seed: seed)
        random = SplitMix64(seed: seed ^ 0x4C49_4645)
        links = LinkPair(profile: scenario.profile, seed: seed)
        server = SimulatedServer(catalog: releases.first, rights: try scenario.rights())
        device = try SimulatedDevice(releases: releases, scenario: scenario, seed: seed)
        let faults = scenario.serverRestarts + scenario.kills + scenario.blackouts.map(\.upperBound)
        healing = (faults.max() ?? .zero) + .seconds(1)
        for time in scenario.serverRestarts { queue.add(.serverRestart, at: time) }
        for time in scenario.kills { queue.add(.clientKill, at: time) }
        queue.add(.publication, at: scenario.publication)
        queue.add(.clientStart, at: .milliseconds(10))
    }

    /// Runs to the end.
    ///
    /// - Throws: `SimulationError.violation` for whatever must never happen.
    func run() throws {
        try device.powerOnAndBoot()
        while let time = queue.nextTime {
            guard steps < 400_000, time < .seconds(200_000) else {
                throw SimulationError.violation(
                    "no end after \(steps) steps at \(time); last outcome \(outcomes.suffix(2))"
                )
            }
            now = time
            heal()
            guard let event = queue.next(by: time) else { break }
            steps += 1
            try step(event)
            try device.checkAfterStep()
        }
        try checkEnd()
    }

    /// The link without faults, once the time of faults is over.
    private func heal() {
        guard !isHealed, now >= healing else { return }
        isHealed = true
        if scenario.profile.loss > 0.2, let healed = try? LinkProfile(preset: .mesh, loss: 0.1) {
            links = LinkPair(profile: healed, seed: random.next())
        }
    }

    private func step(_ event: WorldEvent) throws {
        switch event {
        case .toServer(let datagram):
            guard let process = client?.number, let answer = try server.receive(datagram) else { return }
            sendToClient(answer, process: process)
        case .toClient(let datagram, let process):
            guard client?.number == process else { return }
            try drive { $0.received(datagram, &device.flash, now: now) }
        case .clientTimer(let process, let wish):
            guard client?.number == process, client?.timerWish == wish else { return }
            try drive { $0.timerFired(&device.flash, now: now) }
        case .channelTimer(let process, let wish):
            guard client?.number == process, client?.channelWish == wish else { return }
            try drive { $0.channelTimerFired(now: now) }
        case .clientStart:
            guard client == nil else { return }
            processes += 1
            lastStart = now
            client = ClientProcess(number: processes, scenario: scenario, map: device.map, random: &random)
            try drive { $0.start(&device.flash, now: now) }
        case .clientKill:
            try kill()
        case .serverRestart:
            server.restart()
        case .publication:
            server.resources.catalog = releases.second
        }
    }

    /// Gives the client one event, then does what it asks for.
    private func drive(_ event: (ClientProcess) -> Void) throws {
        guard let process = client else { return }
        event(process)
        try process.perform(now: now)
        if device.isPowerLost {
            client = nil
            try device.powerOnAndBoot()
            try runTrial()
            startClientLater()
            return
        }
        for datagram in process.takeDatagrams() { sendToServer(datagram) }
        if let wakeup = process.takeTimerWish() {
            queue.add(.clientTimer(process: process.number, wish: process.timerWish), at: max(wakeup, now))
        }
        if let wakeup = process.takeChannelWish() {
            queue.add(.channelTimer(process: process.number, wish: process.channelWish), at: max(wakeup, now))
        }
        if let outcome = process.outcome {
            client = nil
            try ended(outcome)
        }
    }

    /// The application confirms the image that it finds itself to be, or the device is reset without that.
    private func runTrial() throws {
        guard device.report?.isTrial == true else { return }
        if scenario.confirms { try device.confirm() }
        try device.powerOnAndBoot()
    }

    private func kill() throws {
        guard client != nil else { return }
        client = nil
        startClientLater()
    }

    private func startClientLater() {
        queue.add(.clientStart, at: now + random.duration(0.1...5))
    }

    private func ended(_ outcome: UpdateOutcome) throws {
        outcomes.append(outcome)
        try checkOutcome(outcome)
        switch outcome {
        case .committed, .withdrawn:
            try device.powerOnAndBoot()
            try runTrial()
            // Look once more: there may be something newer by now.
            if outcomes.count < 12 { startClientLater() }
        case .interrupted, .unreachable:
            guard outcomes.count < 40 else {
                throw SimulationError.violation("still not done after \(outcomes.count) runs: \(outcomes.suffix(3))")
            }
            queue.add(.clientStart, at: max(now, isHealed ? now : healing) + random.duration(1...30))
        case .upToDate, .refused, .refusedEarlier, .notAuthorised, .unknownProduct, .rejected, .misconfigured:
            // What was asked before the publication is to be asked again after it.
            if lastStart <= scenario.publication {
                queue.add(.clientStart, at: max(now, scenario.publication) + .seconds(1))
            }
        }
    }

    private func sendToServer(_ datagram: [UInt8]) {
        deliver(datagram, links.upstream.send(byteCount: datagram.count, now: now)) { .toServer($0) }
    }

    private func sendToClient(_ datagram: [UInt8], process: Int) {
        deliver(datagram, links.downstream.send(byteCount: datagram.count, now: now)) {
            .toClient($0, process: process)
        }
    }

    private func deliver(_ datagram: [UInt8], _ fate: Fate, _ event: ([UInt8]) -> WorldEvent) {
        guard !scenario.blackouts.contains(where: { $0.contains(now) }) else { return }
        switch fate {
        case .dropped:
            return
        case .delivered(let delivery):
            arrive(datagram, delivery, event)
        case .duplicated(let one, let other):
            arrive(datagram, one, event)
            arrive(datagram, other, event)
        }
    }

    private func arrive(_ datagram: [UInt8], _ delivery: Delivery, _ event: ([UInt8]) -> WorldEvent) {
        var datagram = datagram
        delivery.corruption?.apply(to: &datagram)
        queue.add(event(datagram), at: delivery.time)
    }
}
