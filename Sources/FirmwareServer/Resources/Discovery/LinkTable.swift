import FirmwareImage
import FirmwarePackaging

/// The products of a catalog as links in CoRE link format (RFC 6690 § 2), made once for a catalog.
///
/// ```
/// </fw/7>;rt="fw";if="fw.image";ct=42;sz=5000;ver="1.1.0"
/// └target┘                            └size┘     └version┘
/// ```
struct LinkTable: Sendable {
    /// `/fw` itself: a list of links, found by `rt=fw` like what it lists.
    static let index = Array(#"</fw>;rt="fw";if="core.ll";ct=40"#.utf8)
    private static let constantPart = Array(#">;rt="fw";if="fw.image";ct=42;sz="#.utf8)
    private static let versionPart = Array(#";ver=""#.utf8)

    /// Where the parts of one link are.
    struct Row: Sendable {
        let link: Range<Int>
        /// The target's text, without its brackets.
        let target: Range<Int>
        let size: Range<Int>
        let version: Range<Int>
    }

    /// All links, one after another.
    let bytes: [UInt8]
    /// In the order of the catalog's products.
    let rows: [Row]
    /// SHA-256 of ``bytes``.
    let digest: SHA256Digest

    init(_ products: [CatalogSnapshot.Product]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(products.count * 64)
        var rows: [Row] = []
        rows.reserveCapacity(products.count)
        for product in products {
            let start = bytes.count
            bytes.append(UInt8(ascii: "<"))
            bytes += "/fw/\(product.id)".utf8
            let target = start + 1..<bytes.count
            bytes += LinkTable.constantPart
            let sizeStart = bytes.count
            bytes += "\(product.current.sizeBytes)".utf8
            let size = sizeStart..<bytes.count
            bytes += LinkTable.versionPart
            let versionStart = bytes.count
            bytes += product.current.versionText.utf8
            let version = versionStart..<bytes.count
            bytes.append(UInt8(ascii: "\""))
            rows.append(Row(link: start..<bytes.count, target: target, size: size, version: version))
        }
        digest = PayloadDescription.digest(of: bytes.span.bytes)
        self.bytes = bytes
        self.rows = rows
    }
}
