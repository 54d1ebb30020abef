import FirmwareImage
import FirmwarePackaging
import HostSupport

/// What about a release, beside those that are published already, devices would never take: nearly always a mistake.
struct ReleaseDoubts {
    /// One line each, with what to do.
    private(set) var lines: [String] = []

    /// - Parameters:
    ///   - payload: What is to be published.
    ///   - productID: Its product.
    ///   - root: The images folder.
    init(_ payload: [UInt8], productID: UInt16, root: String) {
        guard let new = try? ImageInspection(payload) else { return }
        if payload.count > ReleaseLayout.servedPayloadBytes {
            lines.append(
                "the payload has \(payload.count) bytes, and servers serve \(ReleaseLayout.servedPayloadBytes) unless "
                    + "they are given another --payload-size"
            )
        }
        if !Int(new.header.headerSizeBytes).isMultiple(of: Self.headerAlignment) {
            lines.append(
                "a header of \(new.header.headerSizeBytes) bytes leaves the vector table behind it unaligned; "
                    + "give a multiple of \(Self.headerAlignment), as the binary is linked for"
            )
        }
        let releases = (try? PublishedReleases(root: root).list(productID: productID)) ?? []
        let published = releases.filter { !$0.isWithdrawn }.compactMap { release in
            (try? InputFile.read(release.path)).flatMap { try? ImageInspection($0) }.map { (release.version, $0) }
        }
        guard let latest = published.last else { return }
        let name = ReleaseLayout.text(latest.0)
        if let key = new.keyHash, let before = latest.1.keyHash, key != before {
            lines.append(
                "another key signed \(name): devices that do not trust this one refuse the release; "
                    + "compare with: coap-fw-tool key fingerprint"
            )
        }
        let counter = published.map { $0.1.securityCounter ?? 0 }.max() ?? 0
        if new.securityCounter ?? 0 < counter {
            lines.append(
                "its security counter is \(new.securityCounter ?? 0), and a release with \(counter) is published: "
                    + "devices that confirmed that one refuse it; give --security-counter \(counter) or more"
            )
        }
    }

    /// What the least demanding processors want of a vector table that follows the header.
    private static let headerAlignment = 32
}
