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
        /// Block 0 is asked for once more, since the server refused a later one or the channel is new. `isDoubtful`:
        /// the representation may be another one, and there is no ETag to tell.
        case verifying(isDoubtful: Bool)
        /// The representation is another one; waiting for `start`.
        case changed
        case complete
        case failed(TransferError)
    }

    /// What the channel has shown of the path.
    enum Channel {
        /// It has brought no answer yet: another one would do no better.
        case unproven
        case answering
        /// Since the latest answer, the caller was told that the path is dead.
        case reportedDead
    }

    let configuration: TransferConfiguration
    let tokens: TokenSequence
    var random: TransferRandom
    var attempts: AttemptTable
    var blocks: BlockMap

    // What is known of the path: kept from transfer to transfer.
    var roundTrip = RoundTripEstimator()
    /// nil: not known.
    var expectedRoundTrip: Microseconds?
    /// Microseconds between the shortest and the longest of the handshake's.
    private var expectedSpread: Microseconds = 0
    var congestion: CongestionController
    var losses = LossDetector()
    var search = BlockSizeSearch()
    var channel = Channel.unproven
    /// The block size asked for until the server names one: what is preferred, or less if the path did not carry that.
    var requestSZX: UInt8

    var phase: Phase = .idle
    var download = Download(now: 0)
    /// Since the representation changed, in a row.
    private var restarts = 0

    /// Which representation; nil before block 0 is there.
    public var identity: TransferIdentity? { download.identity }

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
        congestion.expect(roundTrip: expectedRoundTrip, spread: expectedSpread)
        restarts = phase == .changed ? restarts + 1 : 0
        attempts.restart()
        blocks.reset(count: 0, exponent: UInt32(requestSZX) + 4)
        download = Download(now: now)
        phase = restarts > configuration.maximumRestarts ? .failed(.unstable) : .first
    }

    /// Round trips that were measured otherwise, as by the handshake: when block 0 is probed for depends on the
    /// shortest; how much they differ tells whether that is the path's.
    public mutating func expectRoundTrips(_ expected: ClosedRange<Duration>) {
        let shortest = max(0, expected.lowerBound.clampedMicroseconds)
        expectedRoundTrip = shortest
        expectedSpread = max(0, expected.upperBound.clampedMicroseconds) - shortest
        congestion.expect(roundTrip: shortest, spread: expectedSpread)
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
        download.identity = adopted
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
        download.lastAnswerAt = now
        losses.begin(next: attempts.next)
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
        download.channelRenewed(now: now)
        losses.begin(next: attempts.next)
        channel = .unproven
        search.channelRenewed()
        switch phase {
        case .transferring, .verifying:
            if identity?.etag == nil {
                phase = .verifying(isDoubtful: true)
            } else if download.order != .any, phase == .transferring {
                phase = .verifying(isDoubtful: false)
            }
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
            requests: download.tally.requests,
            retransmissions: download.tally.retransmissions,
            duplicates: download.tally.duplicates,
            faults: download.tally.faults,
            smoothedRoundTrip: roundTrip.hasSample ? .microseconds(roundTrip.smoothed) : nil,
            minimumRoundTrip: roundTrip.hasSample ? .microseconds(congestion.minimumRoundTrip) : nil,
            window: Int(congestion.window / 256),
            inFlight: attempts.outstanding,
            lossPer256: Int(congestion.lossPer256),
            isSequential: download.order != .any
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
