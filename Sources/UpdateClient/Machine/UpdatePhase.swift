import CoAP

/// What the machine is about, as long as there is a channel; without one it is connecting.
enum UpdatePhase: Equatable {
    case idle
    /// Block 0 is asked for, with the ETags of what is held; nil: without, as the server's answer to them was no use.
    case checking(held: HeldETags?)
    /// `isJournalBelieved`: what is asked for is of the size and blocks that the journal says, and the server said no
    /// more than that it has the same.
    case downloading(isJournalBelieved: Bool)
    /// Every block is in flash: so many bytes.
    case verifying(sizeBytes: UInt32)
    case finished(UpdateOutcome, UpdateState)
}
