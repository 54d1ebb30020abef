import Bootloader
import CoAP
import FirmwareImage
import Flash
import SeededRandom

/// One update of one device, from asking the server to a verified image that the next reset tries.
///
/// Sans-I/O. The caller feeds one event (`start`, `channelUp`, `channelDown`, `receive`, `timerFired`, `stop`), then
/// does what ``nextAction(now:)`` says until that is `.wait` or `.finished`. On `.openChannel` it opens a channel for
/// datagrams and reports with `channelUp` or `channelDown`; `.transmit` has it send ``outgoing`` as one datagram; when
/// the time of
/// `.wait` has come it calls `timerFired`. `now` is time since any fixed start and never goes backwards.
///
/// ```
/// idle ─start─► connecting ─up─► checking ─┬─ newer ─► downloading ─► verifying ─► committed
///                   ▲               │      ├─ the same ─► confirmed | trial
///                   └── unresponsive ◄──┘  └─ tried before ─► rolledBack
/// ```
///
/// What it promises, whatever comes in: the running image's slot is never written; the secondary slot is never written
/// while the running image is on trial, as its predecessor stands there; an image is handed to the bootloader only
/// after its digest, its signature by an anchor in flash, its product id and its version were checked on the bytes in
/// flash.
///
/// All memory but the machine itself is allocated in `init`: see ``memory``.
public struct UpdateMachine<Flash: NORFlash & ~Copyable, Cryptography: DeviceCryptography>: ~Copyable {
    let configuration: UpdateConfiguration
    private(set) var phase: UpdatePhase = .idle
    private(set) var survey = DeviceSurvey()
    /// Of a whole download of this run that was damaged: the first 8 bytes of its digest.
    private(set) var damagedDigest: UInt64?
    /// What the server said with its latest error response.
    public private(set) var diagnostic = Diagnostic()
    // These keep their state to themselves.
    var keeper: ChannelKeeper
    var engine: BlockTransfer
    var journal: DownloadJournal
    var writer: SlotWriter
    var outbox: Outbox
    var account = UpdateAccount()

    /// - Parameters:
    ///   - configuration: what to update and how long to try.
    ///   - randomSeed: for tokens, message IDs and jitter; different at every start.
    public init(configuration: UpdateConfiguration, randomSeed: UInt64) {
        let map = configuration.map
        var random = SplitMix64(seed: randomSeed)
        self.configuration = configuration
        self.keeper = ChannelKeeper(policy: configuration.connection, seed: random.next())
        var transfer = configuration.transfer
        // A block has to hold an image's header, and what the flash writes at once.
        while UInt32(16) << UInt32(transfer.minimumSZX) < max(map.geometry.writeAlignmentBytes, 32),
            transfer.minimumSZX < transfer.preferredSZX
        {
            transfer.minimumSZX += 1
        }
        self.engine = BlockTransfer(configuration: transfer, randomSeed: random.next())
        self.journal = DownloadJournal(
            area: map.journal,
            geometry: map.geometry,
            maximumImageBytes: map.maximumImageSizeBytes
        )
        self.writer = SlotWriter(
            slot: map.secondary,
            geometry: map.geometry,
            maximumImageBytes: map.maximumImageSizeBytes
        )
        self.outbox = Outbox(messageID: UInt16(truncatingIfNeeded: random.next()))
    }

    /// Looks at the flash and begins. Once only.
    public mutating func start(flash: inout Flash, now: Duration) {
        guard case .idle = phase else { return }
        do throws(SurveyError) {
            survey = try Surveyor<Cryptography>.survey(
                configuration: configuration,
                journal: &journal,
                flash: &flash
            )
        } catch {
            finish(error.outcome)
            return
        }
        beginChecking(now: now)
        keeper.open()
    }

    /// The channel asked for by `.openChannel` can carry datagrams.
    ///
    /// - Parameters:
    ///   - roundTrip: what the opening took to and fro, as a handshake shows; nil if it did not.
    ///   - openings: the shortest and the longest round trip of this opening and of those before it that failed; nil:
    ///     not known.
    ///   - now: see above.
    public mutating func channelUp(roundTrip: Duration? = nil, openings: ClosedRange<Duration>? = nil, now: Duration) {
        let known = engine.roundTripTime
        keeper.channelUp(roundTrip: known.map { max($0, roundTrip ?? .zero) } ?? roundTrip, now: now)
        guard keeper.isUp else { return }
        if let openings = openings ?? roundTrip.map({ $0...$0 }) { engine.expectRoundTrips(openings) }
        engine.channelRenewed(now: now)
    }

    /// There is no channel, or not any more.
    public mutating func channelDown(_ reason: ChannelDownReason, now: Duration) {
        outbox.forgetReply()
        judge(keeper.channelDown(reason, now: now))
    }

    /// Takes one datagram from the channel.
    public mutating func receive(_ datagram: RawSpan, flash: inout Flash, now: Duration) {
        guard keeper.isUp else { return }
        account.received(byteCount: datagram.byteCount)
        handle(datagram, flash: &flash, now: now)
    }

    /// The time of `.wait` has come. Harmless at any other time.
    public mutating func timerFired(flash: inout Flash, now: Duration) {
        judge(keeper.timerFired(now: now))
        switch phase {
        case .idle, .finished:
            break
        case .verifying(let sizeBytes):
            verify(sizeBytes: sizeBytes, flash: &flash, now: now)
        case .checking, .downloading:
            guard keeper.isUp else { return }
            switch engine.timerFired(now: now) {
            case .none: break
            case .unresponsive: judge(keeper.renew(now: now))
            case .failed(let error): transferFailed(error, now: now)
            }
        }
    }

    /// Ends the update; what was downloaded stays.
    public mutating func stop() {
        if case .finished = phase { return }
        finish(.interrupted(.stopped))
    }

    /// What the caller has to do now.
    public mutating func nextAction(now: Duration) -> UpdateAction {
        let action = keeper.nextAction(now: now)
        switch action {
        case .open: return .openChannel
        case .close: return .closeChannel
        case .use, .wait: break
        }
        switch phase {
        case .idle:
            return .wait(until: nil)
        case .finished(let outcome, _):
            return .finished(outcome)
        case .verifying:
            return takeReply() ? .transmit : .wait(until: now)
        case .checking, .downloading:
            if case .wait(let until) = action { return .wait(until: until) }
            return takeReply() || takeRequest(now: now) ? .transmit : waiting(now: now)
        }
    }

    /// The datagram of the last `.transmit`; valid until the next call.
    public var outgoing: RawSpan {
        @_lifetime(borrow self)
        get { outbox.bytes }
    }

    /// What the update cost up to now.
    public var statistics: UpdateStatistics {
        account.statistics(engine: engine, keeper: keeper, sectorsErased: writer.sectorsErased)
    }

    /// The round trip as far as it is known, for the timers of the next channel's handshake.
    public var roundTrip: Duration? { engine.roundTripTime }

    /// Where the update is.
    public var state: UpdateState {
        switch phase {
        case .idle: .idle
        case .checking: keeper.isUp ? .checking : .connecting
        case .downloading: keeper.isUp ? .downloading : .connecting
        case .verifying: .verifying
        case .finished(_, let state): state
        }
    }

    /// Memory allocated by `init`, without the transfer engine's.
    public var memory: UpdateMemory {
        UpdateMemory(journalBytes: journal.memoryBytes, slotBytes: writer.memoryBytes)
    }

    // What the rest of the machine does to the state above.

    mutating func enter(_ next: UpdatePhase) { phase = next }

    /// The secondary slot is about to be erased: nothing is known of it any more.
    mutating func forgetSecondary() {
        survey.candidate = nil
        survey.refused = nil
    }

    mutating func noteDamaged(digest: UInt64) { damagedDigest = digest }

    mutating func noteDiagnostic(_ payload: RawSpan) { diagnostic = Diagnostic(payload) }
}

/// What the caller of an ``UpdateMachine`` has to do.
public enum UpdateAction: Equatable, Sendable {
    /// Open a channel to the server, and report with `channelUp` or `channelDown`.
    case openChannel
    /// Close it; nothing is to be reported.
    case closeChannel
    /// Send `outgoing` as one datagram, then ask again.
    case transmit
    /// Wait for an event, or for this time; nil: for an event only.
    case wait(until: Duration?)
    case finished(UpdateOutcome)
}
