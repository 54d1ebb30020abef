public import FirmwareImage
import Flash

/// What a boot did to the slots.
public enum BootAction: Equatable, Sendable {
    /// Nothing.
    case none
    /// The image of the secondary slot now runs, on trial.
    case swappedForTest
    /// The image of the secondary slot now runs, for good.
    case swappedPermanently
    /// The trial was not confirmed: the image that ran before runs again.
    case reverted
    /// The primary slot held no image that may be booted; that of the secondary slot now runs.
    case recovered
}

/// Why a swap that the trailers asked for was not done.
public enum SwapRefusal: Equatable, Sendable {
    /// There is no image in the secondary slot that may be booted.
    case secondaryInvalid(ImageError)
    /// The image in the secondary slot is older than the running one.
    case downgrade(from: ImageVersion, to: ImageVersion)
    /// The request itself was cut short while it was written.
    case damagedRequest
    /// The image on trial was not confirmed, but there is no image to go back to; it stays.
    case nothingToRevertTo(ImageError)
}

/// The outcome of a boot: what to run, and how it came to that.
public struct BootReport: Equatable, Sendable {
    /// The image in the primary slot, verified after everything else was done.
    public let image: VerifiedImage
    /// What was done with the slots.
    public let action: BootAction
    /// Whether a swap that an earlier boot began was finished.
    public let resumedSwap: Bool
    /// Whether the image is on trial: it must be confirmed before the next boot.
    public let isTrial: Bool
    /// A swap that was asked for and not done; the last one if there were several.
    public let refusal: SwapRefusal?

    package init(
        image: VerifiedImage,
        action: BootAction,
        resumedSwap: Bool,
        isTrial: Bool,
        refusal: SwapRefusal?
    ) {
        self.image = image
        self.action = action
        self.resumedSwap = resumedSwap
        self.isTrial = isTrial
        self.refusal = refusal
    }
}

/// Why there is nothing to run.
public enum BootError: Error, Equatable, Sendable {
    /// The provisioning record cannot be read: it is not known whom to trust.
    case trust(TrustError)
    /// No slot holds an image that may be booted; what each holds instead.
    case noBootableImage(primary: ImageError, secondary: ImageError)
    /// The slots asked for one swap after another. Not seen to happen; the bound is here so that it cannot loop.
    case noProgress
    case flash(FlashError)
}
