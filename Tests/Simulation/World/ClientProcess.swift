import Bootloader
import FlashEmulator
import HostCryptography
import SeededRandom
import UpdateClient

/// The update machine and its channel, from its start to its end; flash survives it, nothing else does.
final class ClientProcess {
    let number: Int
    private(set) var outcome: UpdateOutcome?
    private(set) var timerWish = 0
    private(set) var channelWish = 0

    private var machine: UpdateMachine<MemoryFlash, HostCryptography>
    private var channel: ClientChannel
    private var random: SplitMix64
    private var datagrams: [[UInt8]] = []
    private var wakeup: Duration?
    private var isChannelWakeupNew = false

    init(number: Int, scenario: Scenario, map: FlashMap, random: inout SplitMix64) {
        self.number = number
        var transfer = TransferConfiguration()
        transfer.preferredSZX = scenario.preferredSZX
        let configuration = UpdateConfiguration(productID: Releases.productID, map: map, transfer: transfer)
        machine = UpdateMachine(configuration: configuration, randomSeed: random.next())
        channel = ClientChannel(
            identity: "dev-1",
            key: scenario.offer == .wrongKey ? SimulatedServer.key + 1 : SimulatedServer.key,
            dropsReplays: scenario.dropsReplays
        )
        self.random = SplitMix64(seed: random.next())
    }

    var state: UpdateState { machine.state }
    var statistics: UpdateStatistics { machine.statistics }

    func start(_ flash: inout MemoryFlash, now: Duration) {
        machine.start(flash: &flash, now: now)
    }

    func received(_ datagram: [UInt8], _ flash: inout MemoryFlash, now: Duration) {
        switch channel.receive(datagram, now: now) {
        case nil, .timeout: break
        case .up(let roundTrip): machine.channelUp(roundTrip: roundTrip, now: now)
        case .refused: machine.channelDown(.authenticationFailed, now: now)
        case .plaintext(let bytes): machine.receive(bytes.span.bytes, flash: &flash, now: now)
        }
    }

    func timerFired(_ flash: inout MemoryFlash, now: Duration) {
        machine.timerFired(flash: &flash, now: now)
    }

    func channelTimerFired(now: Duration) {
        let fired = channel.timerFired(now: now)
        if let datagram = fired.datagram { datagrams.append(datagram) }
        if case .timeout = fired.event { machine.channelDown(.timeout, now: now) }
        isChannelWakeupNew = true
    }

    /// Does what the machine asks for until it waits or is done.
    func perform(now: Duration) throws {
        var actions = 0
        while true {
            actions += 1
            guard actions < 10_000 else { throw SimulationError.violation("the machine never waits") }
            switch machine.nextAction(now: now) {
            case .openChannel:
                datagrams.append(channel.open(nonce: random.next(), now: now))
                isChannelWakeupNew = true
            case .closeChannel:
                channel.close()
            case .transmit:
                let outgoing = machine.outgoing
                var bytes: [UInt8] = []
                for index in 0..<outgoing.byteCount {
                    bytes.append(outgoing.unsafeLoad(fromByteOffset: index, as: UInt8.self))
                }
                if let sealed = channel.seal(bytes) { datagrams.append(sealed) }
            case .wait(let until):
                if let until {
                    wakeup = until
                    timerWish += 1
                } else {
                    timerWish += 1
                }
                return
            case .finished(let outcome):
                self.outcome = outcome
                return
            }
        }
    }

    func takeDatagrams() -> [[UInt8]] {
        defer { datagrams = [] }
        return datagrams
    }

    /// When the machine wants to be woken, if that is new.
    func takeTimerWish() -> Duration? {
        defer { wakeup = nil }
        return wakeup
    }

    func takeChannelWish() -> Duration? {
        guard isChannelWakeupNew else { return nil }
        isChannelWakeupNew = false
        channelWish += 1
        return channel.nextWakeup
    }
}
