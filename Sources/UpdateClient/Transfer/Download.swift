import CoAP

/// What one `start` begins and the next one forgets.
struct Download {
    /// Why nothing is sent now, although the window may have room.
    enum Hold: Equatable {
        case none
        /// Pacing is the only reason; set by `nextRequest`.
        case pacing(until: Microseconds)
        /// 5.03 with Max-Age, or backoff.
        case pause(until: Microseconds)
    }

    /// Which representation; nil before block 0 is there.
    var identity: TransferIdentity?
    var order = RequestOrder.any
    var hold = Hold.none
    var probes: ProbeTimer
    var stall = StallTimer()
    var hedges = HedgeBudget()
    var budget = AnswerBudget()
    var tally = TransferTally()
    /// When the latest answer came, or waiting for one began.
    var lastAnswerAt: Microseconds
    /// Requests for blocks of the size in use since a witness was answered last.
    var wholeRequests = 0

    init(now: Microseconds) {
        probes = ProbeTimer(now: now)
        lastAnswerAt = now
    }

    /// What was asked for on the old channel is gone.
    mutating func channelRenewed(now: Microseconds) {
        probes.channelRenewed(now: now)
        stall = StallTimer()
        hold = .none
        lastAnswerAt = now
    }

    mutating func answered(now: Microseconds) {
        probes.answered()
        stall = StallTimer()
        lastAnswerAt = now
    }
}
