import Bootloader
import DTLS
import FlashEmulator
import HostCryptography
import HostSupport
import NIOCore
import UpdateClient

/// What the update needs besides the flash.
struct UpdateSettings: Sendable {
    var server: ServerAddress
    /// The server's addresses, the most promising first.
    var remotes: [SocketAddress]
    var identity: [UInt8]
    /// Nil: plain CoAP.
    var key: [UInt8]?
    var dtls: DTLSConfiguration
    var configuration: UpdateConfiguration
    var isSilent: Bool
}

/// What came of it.
struct UpdateResult: Sendable {
    var outcome: UpdateOutcome
    /// What the server said with its latest error response.
    var diagnostic: Diagnostic
    var statistics: UpdateStatistics
    var bytesSent: UInt64
    var bytesReceived: UInt64
    var totalTime: Duration
}

/// Performs the machine's actions on one event loop: sockets, sessions, timers, flash file.
final class UpdateDriver {
    private let loop: any EventLoop
    private let settings: UpdateSettings
    private let promise: EventLoopPromise<UpdateResult>
    private var machine: UpdateMachine<FlashFile, HostCryptography>
    private var flash: FlashFile
    private var link: ServerLink?
    /// The address that a channel came up with last.
    private var known: SocketAddress?
    private var timer: Scheduled<Void>?
    private var progress: ProgressReporter
    private let began = NIODeadline.now()
    private var bytesSent: UInt64 = 0
    private var bytesReceived: UInt64 = 0
    private var isDone = false
    /// The shortest and the longest round trip in the handshakes since a channel was up; nil: none showed one.
    ///
    /// What the first of them met is nearer to the empty path than what one meets that comes when others fill the
    /// queue.
    private var openings: ClosedRange<Duration>?
    /// The shortest in the latest handshake.
    private var handshakeRoundTrip: Duration?
    /// Handshakes in a row that lacked the server's last message only.
    private var unfinishedHandshakes = 0

    init(settings: UpdateSettings, flash: FlashFile, loop: any EventLoop, promise: EventLoopPromise<UpdateResult>) {
        self.loop = loop
        self.settings = settings
        self.promise = promise
        self.flash = flash
        progress = ProgressReporter(isSilent: settings.isSilent)
        machine = UpdateMachine(
            configuration: settings.configuration,
            randomSeed: UInt64.random(in: .min ... .max)
        )
    }

    private var now: Duration { .nanoseconds((NIODeadline.now() - began).nanoseconds) }

    func start() {
        machine.start(flash: &flash, now: now)
        perform()
    }

    /// Ends the update; what was downloaded stays.
    func stop() {
        machine.stop()
        perform()
    }

    private func perform() {
        guard !isDone else { return }
        timer?.cancel()
        timer = nil
        while true {
            let now = self.now
            switch machine.nextAction(now: now) {
            case .openChannel:
                open()
            case .closeChannel:
                closeLink()
            case .transmit:
                link?.send(machine.outgoing)
            case .wait(let until):
                progress.report(machine.state, machine.statistics, now: now)
                wake(at: until, now: now)
                return
            case .finished(let outcome):
                finish(outcome)
                return
            }
        }
    }

    private func wake(at time: Duration?, now: Duration) {
        guard let time else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let wait = max(.zero, time - now).components
        let nanoseconds = min(wait.seconds, 86_400) * 1_000_000_000 + wait.attoseconds / 1_000_000_000
        timer = loop.scheduleTask(in: .nanoseconds(nanoseconds)) { bound.value.timerFired() }
    }

    private func timerFired() {
        guard !isDone else { return }
        machine.timerFired(flash: &flash, now: now)
        perform()
    }

    private func open() {
        closeLink()
        var dtls = settings.dtls
        if let roundTrip = machine.roundTrip ?? handshakeRoundTrip { dtls.expectRoundTrip(roundTrip) }
        // Ever more patient: it may be the path that has become slow.
        dtls.lastFlightSendings += min(unfinishedHandshakes, 4)
        let addresses = (known.map { [$0] } ?? []) + settings.remotes.filter { $0 != known }
        var links: [DatagramLink] = []
        for address in addresses {
            do throws(DTLSError) {
                links.append(
                    DatagramLink(
                        loop: loop,
                        remote: address,
                        session: try makeSession(dtls),
                        pings: addresses.count > 1
                    )
                )
            } catch {
                linkDown(.dtls(error))
                return
            }
        }
        var current: ServerLink?
        let link = ServerLink(loop: loop, links: links) { [weak self] event in
            guard let self, let current, current === self.link else { return }
            self.handle(event, of: current)
        }
        current = link
        self.link = link
        link.open()
    }

    private func makeSession(_ configuration: DTLSConfiguration) throws(DTLSError) -> DTLSSession? {
        guard let key = settings.key else { return nil }
        return try DTLSSession(clientIdentity: settings.identity, key: key, configuration: configuration)
    }

    private func handle(_ event: DatagramLink.Event, of link: ServerLink) {
        switch event {
        case .up(let roundTrip):
            unfinishedHandshakes = 0
            known = link.remote
            noteHandshake(of: link)
            machine.channelUp(roundTrip: roundTrip, openings: openings, now: now)
            openings = nil
        case .received(let byteCount):
            let message = link.plaintext
            machine.receive(message.span.bytes.extracting(0..<byteCount), flash: &flash, now: now)
        case .down(let failure):
            linkDown(failure)
        }
        perform()
    }

    private func noteHandshake(of link: ServerLink) {
        guard let shown = link.handshakeRoundTrips else { return }
        handshakeRoundTrip = shown.lowerBound
        let known = openings ?? shown
        openings = min(known.lowerBound, shown.lowerBound)...max(known.upperBound, shown.upperBound)
    }

    private func linkDown(_ failure: LinkFailure) {
        closeLink()
        if failure.reason == .unfinished {
            unfinishedHandshakes += 1
            if unfinishedHandshakes == 1, machine.statistics.handshakes == 0, !settings.isSilent {
                progress.end()
                Console.report("\(settings.server.description): \(ChannelDownReason.unfinished.text); trying again")
            }
        }
        machine.channelDown(failure.reason, now: now)
    }

    private func closeLink() {
        guard let link else { return }
        self.link = nil
        if !link.isUp { noteHandshake(of: link) }
        link.close()
        bytesSent += link.bytesSent
        bytesReceived += link.bytesReceived
    }

    private func finish(_ outcome: UpdateOutcome) {
        isDone = true
        closeLink()
        var outcome = outcome
        if case .committed = outcome {
            // What is said to be committed is on the disk.
            do { try flash.synchronize() } catch { outcome = .interrupted(.flash(error)) }
        }
        progress.end()
        let result = UpdateResult(
            outcome: outcome,
            diagnostic: machine.diagnostic,
            statistics: machine.statistics,
            bytesSent: bytesSent,
            bytesReceived: bytesReceived,
            totalTime: now
        )
        // One turn of the loop later, so that the last datagrams have left.
        let promise = promise
        loop.execute { promise.succeed(result) }
    }
}

extension LinkFailure {
    var reason: ChannelDownReason {
        switch self {
        case .unreachable: .refused
        case .closed: .lost
        case .dtls(.authenticationFailed): .authenticationFailed
        case .dtls(.handshakeTimedOut(.onlyFinishedMissing)): .unfinished
        case .dtls(.handshakeTimedOut(.forgotten)): .forgotten
        case .dtls(.handshakeTimedOut): .timeout
        case .dtls(.fatalAlert): .lost
        case .dtls: .failed
        }
    }
}
