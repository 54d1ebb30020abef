import FirmwarePackaging
import HostSupport

/// Something in the images folder that is not served, and why. Never fatal: everything else is.
public enum CatalogProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// A folder in the images folder whose name is not a product ID.
    case badProductFolder(path: String)
    /// A folder in a product's folder whose name is not a version.
    case badVersionFolder(path: String)
    /// A file in a product's folder, outside any version's folder.
    case strayFile(path: String)
    /// A version's folder without `firmware.bin`.
    case missingPayload(path: String)
    /// `firmware.bin` is a folder, a pipe or a device.
    case notAFile(path: String)
    /// `firmware.bin` has no bytes.
    case emptyPayload(path: String)
    /// `firmware.bin` is longer than the limit.
    case payloadTooLarge(path: String, sizeBytes: Int64, limitBytes: Int)
    /// The image's own header names another version than its folder. Devices go by the header.
    case otherVersion(path: String, header: String)
    /// The file was written to while it was read. What was served before is still served; the next scan tries again.
    case changedWhileRead(path: String)
    /// The system refused to list a folder or to read a file.
    case unreadable(FileFailure)
    /// A symbolic link where a folder or a file has to be.
    case symbolicLink(path: String)
    /// The payload is no image that a device could boot.
    case notAnImage(path: String, reason: String)
    /// The payload is an image without any signature.
    case unsigned(path: String)
    /// The image is for another product than its folder.
    case otherProduct(path: String, image: UInt16)
    /// The payload is not what its publisher published.
    case otherDigest(path: String)
    /// A release that was served is not there any more; it is served until that is certain.
    case absent(path: String)
    /// More releases than the limit; those after it are not served.
    case tooManyReleases(path: String, limit: Int)

    /// The file or folder that it is about.
    public var path: String {
        switch self {
        case .badProductFolder(let path), .badVersionFolder(let path), .strayFile(let path),
            .missingPayload(let path), .notAFile(let path), .emptyPayload(let path),
            .payloadTooLarge(let path, _, _), .otherVersion(let path, _), .changedWhileRead(let path),
            .symbolicLink(let path), .notAnImage(let path, _), .unsigned(let path), .otherProduct(let path, _),
            .otherDigest(let path), .absent(let path), .tooManyReleases(let path, _):
            path
        case .unreadable(let failure): failure.path
        }
    }

    /// One line for a person: what is wrong where, and what to do.
    public var description: String {
        switch self {
        case .badProductFolder(let path):
            "\(path) is not served: a product's folder is named by its ID, 0…65535 without leading zeros"
        case .badVersionFolder(let path):
            "\(path) is not served: a version's folder is named major.minor.revision or major.minor.revision+build"
        case .strayFile(let path):
            "\(path) is not served: payloads are {pid}/{version}/\(ReleaseLayout.payloadName)"
        case .missingPayload(let path):
            "\(path) is not served: there is no \(ReleaseLayout.payloadName) in it"
        case .notAFile(let path):
            "\(path) is not served: it is not a regular file"
        case .emptyPayload(let path):
            "\(path) is not served: it is empty; release it again"
        case .payloadTooLarge(let path, let sizeBytes, let limitBytes):
            "\(path) is not served: \(sizeBytes) bytes are more than the limit of \(limitBytes)"
        case .otherVersion(let path, let header):
            "\(path) is not served: its header says \(header); move it to the folder of that version"
        case .changedWhileRead(let path):
            "\(path) was written to while it was read; publish by renaming a finished file"
        case .unreadable(let failure):
            "\(failure); what is known of it stays as it was; check its permissions and its disk"
        case .symbolicLink(let path):
            "\(path) is not served: it is a symbolic link; put the folder or the file itself there"
        case .notAnImage(let path, let reason):
            "\(path) is not served: it \(reason)"
        case .unsigned(let path):
            "\(path) is not served: it is not signed; sign it with: coap-fw-tool release"
        case .otherProduct(let path, let image):
            "\(path) is not served: it is an image for product \(image); release it for this product"
        case .otherDigest(let path):
            "\(path) is not served: it is not what was published, see \(ReleaseLayout.digestName) beside it; "
                + "restore it, or release it under a higher version"
        case .absent(let path):
            "\(path) is not there any more; the release is served until that has been so for "
                + "\(KnownRelease.Absence.certainTime.components.seconds) seconds"
        case .tooManyReleases(let path, let limit):
            "\(path) and what follows it is not served: more than \(limit) releases; remove old ones"
        }
    }
}
