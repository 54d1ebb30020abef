import FirmwareImage
import HostSupport

/// How releases lie on disk:
///
/// ```
/// Images/{pid}/{version}/firmware.bin      the payload
///                        firmware.sha256   its digest, as `sha256sum firmware.bin` prints it; may be missing
/// Images/{pid}/.withdrawn-{version}/       a release that was withdrawn: kept, not served
/// Images/.staging-…/                       a release that is being published
/// ```
///
/// There is one way to write a product ID (decimal, no leading zeros) and one way to write a version, so that no two
/// folders mean the same release.
public enum ReleaseLayout {
    /// The payload's file name.
    public static let payloadName = "firmware.bin"
    /// The digest's file name.
    public static let digestName = "firmware.sha256"
    /// What the folder of a withdrawn release has before its version.
    public static let withdrawnPrefix = ".withdrawn-"
    /// The longest payload that can be transferred: 2²⁰ blocks of 1024 bytes, the most that Block2 can number
    /// (RFC 7959 § 2.2).
    public static let maximumPayloadBytes = (1 << 20) * 1024

    /// The largest payload that a server serves unless it is told otherwise.
    public static let servedPayloadBytes = 64 << 20

    /// The product ID that a folder or path segment names.
    public static func productID(_ text: some Collection<UInt8>) -> UInt16? {
        DecimalNumber.parse16(text)
    }

    /// The version that a folder or path segment names: `1.2.0` or `1.2.0+4`; a build of 0 is not written.
    public static func version(_ text: some Collection<UInt8>) -> ImageVersion? {
        let dot = UInt8(ascii: ".")
        let plus = UInt8(ascii: "+")
        guard let first = text.firstIndex(of: dot) else { return nil }
        let afterMajor = text[text.index(after: first)...]
        guard let second = afterMajor.firstIndex(of: dot) else { return nil }
        let afterMinor = text[text.index(after: second)...]
        let third = afterMinor.firstIndex(of: plus) ?? text.endIndex
        var build: UInt64 = 0
        if third != text.endIndex {
            guard let number = DecimalNumber.parse(text[text.index(after: third)...], limit: UInt64(UInt32.max)),
                number > 0
            else {
                return nil
            }
            build = number
        }
        guard let major = DecimalNumber.parse(text[..<first], limit: UInt64(UInt8.max)),
            let minor = DecimalNumber.parse(afterMajor[..<second], limit: UInt64(UInt8.max)),
            let revision = DecimalNumber.parse(afterMinor[..<third], limit: UInt64(UInt16.max))
        else { return nil }
        return ImageVersion(
            major: UInt8(major),
            minor: UInt8(minor),
            revision: UInt16(revision),
            build: UInt32(build)
        )
    }

    /// The one text of a version.
    public static func text(_ version: ImageVersion) -> String {
        let release = "\(version.major).\(version.minor).\(version.revision)"
        return version.build == 0 ? release : "\(release)+\(version.build)"
    }

    /// The payload file of a release below the images folder `root`.
    public static func payloadPath(root: String, productID: UInt16, version: ImageVersion) -> String {
        "\(root)/\(productID)/\(text(version))/\(payloadName)"
    }
}
