import CoAP
import Flash

/// The block-transfer engine: numbered Block2 requests, several in flight, in any order (RFC 7959 § 2.4, RFC 8085 §
/// 3.1).
///
/// Sans-I/O. The caller, after every event, sends what ``nextRequest(now:)`` returns until that is nil, and calls
/// ``timerFired(now:)`` when ``nextWakeup`` has come. `now` is time since any fixed start and never goes backwards.
///
/// ```
/// start ─► nextRequest: block 0 ─► receive: .store(0) ─► (validate, markReceived…) ─► proceed
///                                            adopt ───┘                                  │
///          .store … isComplete ◄─ receive ◄─ nextRequest: block n … ◄────────────────────┘
/// ```
///
/// All memory is allocated in `init`: two bits per block and 24 bytes per remembered request.
public struct BlockTransfer: ~Copyable {
    enum Phase: Equatable {
        case idle
        /// Block 0 is asked for.
        case first
        /// Block 0 is there, `proceed` is not.
        case holding
        case transferring
        /// Block 0 is asked for once more, since the server refused a later one or the channel is new and there is no
        /// ETag.
        case verifying
        /// The representation is another one; waiting for `start`.
        case changed
        case complete
        case failed(TransferError)
    }

    /// How much a server has shown to be able to.
    enum Order: UInt8 {
        /// Any block at any time.
        case any
        /// One request at a time, missing blocks in order.
        case sequential
        /// The same, and blocks that are there are asked for again.
        case everyBlock
    }

    let configuration: TransferConfiguration
    var random: TransferRandom
    let tokens: TokenSequence
    var attempts: AttemptTable
    var blocks: BlockMap
    var roundTrip = RoundTripEstimator()
    var congestion: CongestionController
    var search = BlockSizeSearch()

    var phase: Phase = .idle
    var order: Order = .any
    /// In order `everyBlock`: the next one.
    var cursor: UInt32 = 0
    var lastAnswerAt: Microseconds = 0
    /// The latest request answered, in sending order.
    var largestAnswered: UInt32 = 0
    /// Later answers after which a request counts as lost; grows when reordering is seen.
    var reorderThreshold: UInt32 = BlockTransfer.initialReorderThreshold
    /// Probe timeouts in a row without an answer.
    var silentProbes = 0
    /// How many of them the caller was told of last.
    var reportedProbes = 0
    var lastProbeAt: Microseconds = 0
    /// Requests for blocks of the size in use since a witness was answered last.
    var wholeRequests = 0
    /// Requests for block 0 that were repeated before a timeout could be called one.
    var earlyProbes = 0
    /// 0…255.
    var probeJitter: Microseconds = 0
    /// Requests beyond the window, since the answers expected next are overdue.
    var stallRequests = 0
    /// Requests that a probe timeout allows beside the window.
    var probesDue = 0
    /// Nothing is sent before this time: 5.03 with Max-Age, backoff.
    var pausedUntil: Microseconds = 0
    var isPaused = false
    /// Something happened after which the representation may be another one, and there is no ETag to tell.
    var isDoubtful = false
    /// nil: not known.
    var expectedRoundTrip: Microseconds?
    /// Set by `nextRequest`: pacing is the only reason why nothing was sent.
    var pacedUntil: Microseconds?

    var serverErrors = 0
    var uselessAnswers = 0
    var lastFault: AnswerFault?
    var fruitlessRequests = 0
    var restarts = 0
    var hedgesSent: UInt32 = 0
    /// Blocks below this one were asked for before.
    var highestRequested: UInt32 = 0
    var payloadBytes: UInt64 = 0
    var requests: UInt32 = 0
    var retransmissions: UInt32 = 0
    var duplicates: UInt32 = 0
    var faults: UInt32 = 0

    /// Whether an answer came since the channel was renewed: the path carried one.
    var isChannelAnswered = false
    /// Since the latest answer, the caller was told that the path is dead.
    var isDeathReported = false
    /// The block size asked for until the server names one: what is preferred, or less if the path did not carry that.
    var requestSZX: UInt8

    /// Which representation; nil before block 0 is there.
    public internal(set) var identity: TransferIdentity?

    static var maximumStallRequests: Int { 4 }

    /// RFC 9002 § 6.1.1.
    static var initialReorderThreshold: UInt32 { 3 }

    /// - Parameters:
    ///   - configuration: Values outside their ranges are moved into them.
    ///   - randomSeed: Where tokens and jitter come from; different at every boot.
    public init(configuration: TransferConfiguration, randomSeed: UInt64) {
        var checked = configuration
        checked.maximumBlocks = min(max(1, configuration.maximumBlocks), BlockOption.maximumNumber + 1)
        checked.preferredSZX = min(configuration.preferredSZX, BlockOption.maximumSZX)
        checked.maximumInFlight = min(max(1, configuration.maximumInFlight), 1024)
        checked.minimumSZX = min(configuration.minimumSZX, checked.preferredSZX)
        self.configuration = checked
        requestSZX = checked.preferredSZX
        random = TransferRandom(seed: randomSeed)
        tokens = TokenSequence(random: &random)
        attempts = AttemptTable(capacity: 2 * checked.maximumInFlight)
        blocks = BlockMap(capacity: checked.maximumBlocks)
        congestion = CongestionController(maximumInFlight: checked.maximumInFlight)
        expectedRoundTrip = configuration.expectedRoundTrip?.clampedMicroseconds
    }

    /// Forgets all progress; the next request is block 0. What was measured of the path is kept, and so is the block
    /// size that it was found to carry.
    ///
    /// - Parameters:
    ///   - szx: asks for no larger blocks than this; nil: for the largest that are known to pass.
    ///   - now: see above.
    public mutating func start(szx: UInt8? = nil, now: Duration) {
        if let szx { requestSZX = min(requestSZX, max(szx, configuration.minimumSZX)) }
        let now = now.clampedMicroseconds
        congestion.expect(roundTrip: expectedRoundTrip)
        if phase == .changed {
            restarts += 1
        } else {
            restarts = 0
        }
        attempts.restart()
        blocks.reset(count: 0, exponent: UInt32(requestSZX) + 4)
        identity = nil
        isDoubtful = false
        order = .any
        cursor = 0
        lastAnswerAt = now
        silentProbes = 0
        reportedProbes = 0
        earlyProbes = 0
        lastProbeAt = now
        wholeRequests = 0
        probesDue = 0
        stallRequests = 0
        isPaused = false
        pacedUntil = nil
        serverErrors = 0
        uselessAnswers = 0
        lastFault = nil
        fruitlessRequests = 0
        hedgesSent = 0
        highestRequested = 0
        payloadBytes = 0
        requests = 0
        retransmissions = 0
        duplicates = 0
        faults = 0
        phase = restarts > configuration.maximumRestarts ? .failed(.unstable) : .first
    }

    /// A round trip that was measured otherwise, as by the handshake: when block 0 is probed for depends on it.
    public mutating func expectRoundTrip(_ expected: Duration) {
        expectedRoundTrip = max(0, expected.clampedMicroseconds)
        congestion.expect(roundTrip: expectedRoundTrip)
    }

    /// The smoothed round trip of the answers, queues included; without answers what was expected; nil: not known.
    public var roundTripTime: Duration? {
        let known = roundTrip.hasSample ? roundTrip.smoothed : expectedRoundTrip
        return known.map { .microseconds($0) }
    }

    /// Marks a block as there that the journal knows of: after block 0 or `adopt`, before `proceed`.
    ///
    /// Ignored at any other time, for a block past the end, and without an ETag: then nothing ties the journal's
    /// blocks to this representation.
    public mutating func markReceived(blockNumber: UInt32) {
        guard phase == .holding, identity?.etag != nil, identity?.sizeBytes != nil else { return }
        _ = blocks.markReceived(blockNumber)
    }

    /// Resumes a representation of which block 0 is known: the server answered 2.03 to its ETag.
    ///
    /// An identity without ETag or size cannot be resumed: the transfer then begins with block 0.
    public mutating func adopt(identity adopted: TransferIdentity, now: Duration) {
        guard phase == .first, adopted.etag != nil, let size = adopted.sizeBytes, size > 0,
            adopted.szx <= BlockOption.maximumSZX
        else { return }
        guard let count = Self.blockCount(sizeBytes: size, szx: adopted.szx), count <= blocks.capacity else {
            phase = .failed(.tooLarge(sizeBytes: size))
            return
        }
        attempts.forgetAll()
        blocks.reset(count: count, exponent: UInt32(adopted.szx) + 4)
        identity = adopted
        phase = .holding
    }

    /// Goes on after block 0 was validated.
    public mutating func proceed(now: Duration) {
        guard phase == .holding else { return }
        let now = now.clampedMicroseconds
        attempts.abandonOutstanding()
        blocks.clearAllRequested()
        if blocks.isComplete {
            phase = .complete
            return
        }
        phase = .transferring
        lastAnswerAt = now
        largestAnswered = attempts.next - 1
        congestion.begin(nextSequence: attempts.next, now: now)
    }

    /// The channel is new: what was in flight is gone, what was received and measured stays.
    ///
    /// Without an ETag the server behind the new channel cannot be known to have the same representation; block 0 is
    /// asked for and its answer is `.changed`.
    public mutating func channelRenewed(now: Duration) {
        let now = now.clampedMicroseconds
        attempts.forgetAll()
        blocks.clearAllRequested()
        silentProbes = 0
        reportedProbes = 0
        lastProbeAt = now
        probesDue = 0
        stallRequests = 0
        isPaused = false
        pacedUntil = nil
        lastAnswerAt = now
        largestAnswered = attempts.next - 1
        isChannelAnswered = false
        isDeathReported = false
        search.channelRenewed()
        switch phase {
        case .transferring, .verifying:
            if order != .any { phase = .verifying }
            if identity?.etag == nil { isDoubtful = true }
            congestion.begin(nextSequence: attempts.next, now: now)
        case .idle, .first, .holding, .changed, .complete, .failed: break
        }
    }

    /// Bytes in a block: those agreed on, or asked for while nothing is agreed on.
    public var blockBytes: Int { 16 << Int(identity?.szx ?? requestSZX) }

    /// Whether every block is there.
    public var isComplete: Bool { phase == .complete }

    /// Why the transfer is over, if it failed.
    public var failure: TransferError? {
        if case .failed(let error) = phase { return error }
        return nil
    }

    /// How far the transfer is, and what it measured.
    public var progress: TransferProgress {
        TransferProgress(
            blocksTotal: identity?.sizeBytes == nil && phase != .complete ? nil : blocks.count,
            blocksReceived: blocks.receivedCount,
            requests: requests,
            retransmissions: retransmissions,
            duplicates: duplicates,
            faults: faults,
            smoothedRoundTrip: roundTrip.hasSample ? .microseconds(roundTrip.smoothed) : nil,
            minimumRoundTrip: roundTrip.hasSample ? .microseconds(congestion.minimumRoundTrip) : nil,
            window: Int(congestion.window / 256),
            inFlight: attempts.outstanding,
            lossPer256: Int(congestion.lossPer256),
            isSequential: order != .any
        )
    }

    /// Blocks of `16 << szx` bytes in `sizeBytes`; nil: more than a block number can say.
    static func blockCount(sizeBytes: UInt32, szx: UInt8) -> UInt32? {
        let shift = UInt32(szx) + 4
        let count = sizeBytes >> shift + (sizeBytes & (1 << shift - 1) == 0 ? 0 : 1)
        return count <= BlockOption.maximumNumber + 1 ? count : nil
    }

    mutating func fail(_ error: TransferError) -> BlockDisposition {
        phase = .failed(error)
        attempts.forgetAll()
        return .failed(error)
    }
}
