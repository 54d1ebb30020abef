import Bootloader
import CoAP
import FirmwareImage
import Flash

/// How an update ended.
public enum UpdateOutcome: Equatable, Sendable {
    /// A verified image waits in the secondary slot; the next reset tries it.
    case committed(ReleaseSummary)
    /// The server has nothing newer than what runs.
    case upToDate(ReleaseSummary)
    /// The same; but a newer image that the server does not offer any more waits, and the next reset tries it.
    case withdrawn(pending: ReleaseSummary)
    /// What the server has must not run here.
    case refused(RefusalReason)
    /// The same, known from an earlier download: nothing was downloaded.
    case refusedEarlier(RefusalReason)
    /// Identity, key or rights.
    case notAuthorised(AuthorisationFailure)
    /// The server does not have this product's firmware.
    case unknownProduct
    /// The server answers the request with an error that trying again does not change.
    case rejected(Code)
    /// The server was never reached.
    case unreachable(ChannelDownReason)
    /// Not finished. What is in flash stays, and the next run goes on from there.
    case interrupted(InterruptionReason)
    /// The device cannot be updated as it is set up.
    case misconfigured(ConfigurationFault)
}

/// Which image it is about.
public struct ReleaseSummary: Equatable, Sendable {
    /// The image's version.
    public var version: ImageVersion
    /// Header, body and TLVs, in bytes.
    public var sizeBytes: UInt32

    /// See the properties.
    public init(version: ImageVersion, sizeBytes: UInt32) {
        self.version = version
        self.sizeBytes = sizeBytes
    }
}

/// Why an image is refused.
public enum RefusalReason: Equatable, Sendable {
    /// Older than what runs.
    case downgrade(offered: ImageVersion, running: ImageVersion)
    /// Not an image, damaged, or not signed by a key that this device trusts.
    case image(ImageError)
    /// For another product than this device is provisioned for.
    case wrongProduct(offered: UInt16, provisioned: UInt16)
    /// Larger than the slot takes; nil: by how much is not known.
    case tooLarge(sizeBytes: UInt32?, maximumBytes: UInt32)
    /// Nothing at all.
    case empty
    /// This very image was tried before and did not confirm itself.
    case rolledBack(ImageVersion)
}

/// Which right is missing.
public enum AuthorisationFailure: Equatable, Sendable {
    /// The handshake failed: unknown identity or wrong key.
    case handshake
    /// The identity may not read this product: 4.03 or 4.01.
    case product(Code)
}

/// Why an update ended before its end.
public enum InterruptionReason: Equatable, Sendable {
    /// The server was there, but does not answer any more.
    case serverGone(ChannelDownReason)
    /// The caller asked for it.
    case stopped
    /// The flash could not be written or read.
    case flash(FlashError)
    /// The transfer was given up.
    case transfer(TransferError)
    /// The running image is on trial: the next reset goes back to its predecessor, which has to stay where it is until
    /// then. Nothing newer is offered, or nothing is known of it, if `offered` is nil.
    case trialUnconfirmed(running: ReleaseSummary?, offered: ImageVersion?)
    /// A reset was cut short in the middle of a swap, and the next one finishes it; or nothing runs, and the next one
    /// recovers the image in the secondary slot. Until then both slots are needed as they are.
    case swapUnderWay
    /// The download was damaged or forged on the way, twice and each time otherwise.
    case damagedDownload
    /// The server had the product when the download began, and says now that it does not.
    case productGone
    /// The server's image changed more often than the limit, or its blocks contradicted each other.
    case unstableImage
}

/// What is wrong with the device's set-up.
public enum ConfigurationFault: Equatable, Sendable {
    /// There is no trust anchor in flash.
    case trust(TrustError)
    /// The journal area cannot hold the progress of an image of this size.
    case journalTooSmall
    /// The blocks agreed on are smaller than what the flash writes at once, or than an image's header.
    case blocksTooSmall(blockBytes: UInt32, neededBytes: UInt32)
}
