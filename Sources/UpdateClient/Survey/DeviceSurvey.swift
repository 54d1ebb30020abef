import Bootloader
import CoAP
import FirmwareImage

/// What is on the device before the server is asked.
struct DeviceSurvey {
    /// What the image in the secondary slot is to this device, if it is one that was downloaded.
    enum Candidate: Equatable {
        /// The bootloader tries it at the next reset.
        case pending(InstalledImage)
        /// Downloaded and verified, but a cut came before the bootloader was told.
        case verified(InstalledImage)
        /// It was tried, and the device came back to the image before.
        case rolledBack(InstalledImage)

        var image: InstalledImage {
            switch self {
            case .pending(let image), .verified(let image), .rolledBack(let image): image
            }
        }
    }

    /// Which images this device takes.
    var trust = TrustRecord(productID: nil, anchors: TrustAnchors())
    /// What runs; nil: nothing that verifies, so that any version is better.
    var running: InstalledImage?
    /// The running image is on trial: the secondary slot holds its predecessor, and must not be touched.
    var isTrial = false
    var candidate: Candidate?
    /// What was downloaded and refused, and would be again.
    var refused: RefusedImage?

    /// The ETags to ask with: of what runs, of what waits, and of what is partly there or was refused.
    func heldETags(_ journal: borrowing DownloadJournal, productID: UInt16) -> HeldETags {
        var held = HeldETags()
        // What is held of another product says nothing about this one.
        if let provisioned = trust.productID, provisioned != productID { return held }
        held.insert(running?.etag)
        held.insert(candidate?.image.etag)
        // Without block 0 in flash the header would be missing; it has to be asked for anyway.
        if let current = journal.current, current.identity.productID == productID, journal.isResumable {
            held.insert(current.identity.etag)
        }
        // Others that are not made of the bytes may name another image by now.
        if let refused, refused.isProven { held.insert(refused.etag) }
        return held
    }
}

/// An image of which it is known, without downloading it again, that it must not run here.
struct RefusedImage: Equatable {
    var etag: ETag?
    var reason: RefusalReason
    /// The ETag is made of the bytes that were refused.
    var isProven: Bool
}
