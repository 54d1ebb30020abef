/// What a transfer waits for beside answers. When the first of them is due, ``BlockTransfer/timerFired(now:)`` does
/// what belongs to it.
enum TransferTimer {
    /// The oldest request, after which a later one was answered, counts as lost (RFC 9002 § 6.1.2).
    case loss
    /// No request that is outstanding was answered for so long that the server is probed (RFC 9002 § 6.2): see
    /// ``ProbeTimer``.
    case probe
    /// The next answer is overdue, so that the path is probably running empty: see ``StallTimer``.
    case stall
    /// So many requests in a row are overdue that the path must be dead.
    case death
    /// Pacing, or a pause that the server asked for, is over: the next request may go out.
    case send

    /// All of them.
    static var all: InlineArray<5, TransferTimer> { [.loss, .probe, .stall, .death, .send] }
}
