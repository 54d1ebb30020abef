import FirmwareImage

/// How releases lie on disk: `Images/{pid}/{version}/firmware.bin`.
///
/// There is one way to write a product ID (decimal, no leading zeros) and one way to write a version, so that no two
/// folders mean the same release.
public enum ReleaseLayout {
    /// The payload's file name.
    public static let payloadName = "firmware.bin"

    /// The product ID that a folder or path segment names.
    public static func productID(_ text: some Collection<UInt8>) -> UInt16? {
        guard let number = decimal(text, limit: UInt64(UInt16.max)) else { return nil }
        return UInt16(number)
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
            guard let number = decimal(text[text.index(after: third)...], limit: UInt64(UInt32.max)), number > 0 else {
                return nil
            }
            build = number
        }
        guard let major = decimal(text[..<first], limit: UInt64(UInt8.max)),
            let minor = decimal(afterMajor[..<second], limit: UInt64(UInt8.max)),
            let revision = decimal(afterMinor[..<third], limit: UInt64(UInt16.max))
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

    static func decimal(_ text: some Collection<UInt8>, limit: UInt64) -> UInt64? {
        guard let first = text.first, text.count <= 10 else { return nil }
        if first == UInt8(ascii: "0") && text.count > 1 { return nil }
        var number: UInt64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            // At most ten digits: no overflow in 64 bits.
            number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return number <= limit ? number : nil
    }
}
