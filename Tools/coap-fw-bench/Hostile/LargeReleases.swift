import Foundation
import SeededRandom

/// Two releases of product 8, signed and large, of which one at a time is published.
struct LargeReleases {
    static let imageBytes = 16 << 20
    private let staged: [URL]

    /// - Throws: ``BenchError`` if they cannot be made.
    init(_ folder: ServerPeer.Folder) throws {
        let binary = folder.url.appendingPathComponent("large.bin")
        var random = SplitMix64(seed: 8)
        var words = [UInt64](repeating: 0, count: Self.imageBytes / 8)
        for index in words.indices { words[index] = random.next() }
        try words.withUnsafeBytes { Data($0) }.write(to: binary)
        var staged: [URL] = []
        for version in ["1.0.0", "2.0.0"] {
            let images = folder.url.appendingPathComponent("staged-\(version)")
            let end = try Program(
                folder.program("coap-fw-tool"),
                [
                    "release", "--pid", "8", "--version", version, "--binary", binary.path, "--key",
                    folder.path("signing"), "--images", images.path,
                ],
                log: folder.url.appendingPathComponent("tool.log")
            ).end(within: 60)
            guard end.isSuccess else { throw BenchError(String(decoding: end.output, as: UTF8.self)) }
            staged.append(images.appendingPathComponent("8/\(version)"))
        }
        self.staged = staged
    }

    var first: URL { staged[0] }

    /// Publishes the release of a round in place of the other's, as a publisher would: aside, then by its name.
    func show(_ round: Int, in product: URL) throws {
        let shown = staged[round % staged.count]
        let target = product.appendingPathComponent(shown.lastPathComponent)
        let aside = product.appendingPathComponent(".new-\(shown.lastPathComponent)")
        let files = FileManager.default
        try? files.removeItem(at: aside)
        if !files.fileExists(atPath: target.path) {
            try files.copyItem(at: shown, to: aside)
            try files.moveItem(at: aside, to: target)
        }
        for other in staged where other != shown {
            let old = product.appendingPathComponent(other.lastPathComponent)
            if files.fileExists(atPath: old.path) { try files.removeItem(at: old) }
        }
    }
}
