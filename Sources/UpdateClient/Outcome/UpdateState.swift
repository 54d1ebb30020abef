/// Where an update is.
public enum UpdateState: Equatable, Sendable {
    /// Not started, or ended without a change; what was downloaded stays.
    case idle
    /// There is no channel to the server yet, or not any more.
    case connecting
    /// Asking what the server has.
    case checking
    case downloading
    /// The image is whole; its digest and signature are being checked.
    case verifying
    /// A verified image waits in the secondary slot for the next reset.
    case committed
    /// The newest image runs, unconfirmed: the next reset brings the one before back.
    case trial
    /// The newest image runs and is confirmed.
    case confirmed
    /// The newest image was tried and did not confirm itself.
    case rolledBack
}
