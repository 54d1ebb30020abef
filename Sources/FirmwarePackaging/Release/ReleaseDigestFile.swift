import FirmwareImage
import HostSupport

/// The file beside a payload that says which bytes were published, in the format of `sha256sum`.
package enum ReleaseDigestFile {
    /// The most bytes that are read of it.
    package static let maximumSizeBytes = 4096

    /// `{64 hex digits}  firmware.bin`, one line.
    package static func text(_ digest: SHA256Digest) -> [UInt8] {
        let digits = Hex.encode((0..<SHA256Digest.byteCount).map { digest[$0] })
        return Array("\(digits)  \(ReleaseLayout.payloadName)\n".utf8)
    }

    /// The digest that such a text begins with; `nil`: it begins with none.
    package static func digest(in text: [UInt8]) -> SHA256Digest? {
        let digits = text.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
        return Hex.decode(digits).flatMap { SHA256Digest(bytes: $0.span.bytes) }
    }
}
