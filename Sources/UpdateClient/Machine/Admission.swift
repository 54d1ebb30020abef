import CoAP
import FirmwareImage

/// What becomes of an offered image, judged by its header alone. Nothing here is proven yet: it only saves the download
/// of what would be refused in the end.
enum Admission: Equatable {
    case download(version: ImageVersion, leastSizeBytes: UInt32)
    case upToDate
    case refuse(RefusalReason)
    /// The first block is too short to hold a header.
    case blockTooSmall

    /// - Parameters:
    ///   - payload: block 0.
    ///   - isWhole: whether the representation has no other blocks.
    ///   - sizeBytes: of the representation, if it was told.
    ///   - maximumBytes: what the slot takes.
    ///   - running: what runs; nil: any version is better.
    init(
        payload: RawSpan,
        isWhole: Bool,
        sizeBytes: UInt32?,
        maximumBytes: UInt32,
        running: InstalledImage?
    ) {
        guard payload.byteCount >= ImageHeader.byteCount || isWhole else {
            self = .blockTooSmall
            return
        }
        let header: ImageHeader
        do throws(ImageError) {
            header = try ImageHeader(decoding: payload)
        } catch {
            self = .refuse(.image(error))
            return
        }
        // Header, body, protected TLVs, and at least the header of the unprotected ones.
        let least = header.hashedSizeBytes + UInt64(TLVAreaHeader.byteCount)
        guard least <= UInt64(maximumBytes), sizeBytes ?? 0 <= maximumBytes else {
            let known = sizeBytes ?? UInt32(exactly: least)
            self = .refuse(.tooLarge(sizeBytes: known, maximumBytes: maximumBytes))
            return
        }
        if let sizeBytes, UInt64(sizeBytes) < least {
            self = .refuse(.image(.truncated))
            return
        }
        if let running {
            if header.version < running.version {
                self = .refuse(.downgrade(offered: header.version, running: running.version))
                return
            }
            if header.version == running.version {
                self = .upToDate
                return
            }
        }
        self = .download(version: header.version, leastSizeBytes: UInt32(truncatingIfNeeded: least))
    }
}
