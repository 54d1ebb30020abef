public import FirmwareImage
import Flash

/// What one slot holds, unverified.
public struct SlotSummary: Equatable, Sendable {
    /// `nil`: no image that can be read.
    public let image: ImageSummary?
    /// The slot's trailer, as it reads.
    public let trailer: BootTrailer
}

/// What both slots hold, unverified, and what the next boot would do with them.
public struct SlotState: Equatable, Sendable {
    /// The slot whose image runs.
    public let primary: SlotSummary
    /// The slot for the candidate, then the previous image.
    public let secondary: SlotSummary
    /// By the trailers alone; the bootloader also looks at the images.
    public let decision: BootDecision
    /// Whether the running image is on trial: it was swapped in and is not confirmed yet.
    public var isTrial: Bool { !decision.isSwapUnderWay && primary.trailer.isTrial }
    /// The swap that is still to begin.
    public var nextSwap: SwapType { decision.isSwapUnderWay ? .none : decision.swap }
}

/// How long an image is to run.
public enum PendingKind: Equatable, Sendable {
    /// Once, unless it is confirmed.
    case test
    /// From the next boot on.
    case permanent
}

/// Why the application's side of the boot was refused.
public enum SlotError: Error, Equatable, Sendable {
    /// The running image is on trial: confirm it first. What the secondary slot holds is the way back.
    case unconfirmed
    /// A swap was cut short: reboot first. Both slots are the bootloader's.
    case swapUnderWay
    /// There is no image in the secondary slot that could be swapped in.
    case noImage
    case flash(FlashError)
}
