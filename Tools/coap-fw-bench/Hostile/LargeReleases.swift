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

    /// Publishes the release of a round in place of the other's, as a publisher would: aside, then by its name. The
    /// other stays on the disk under a name that is not served: what is removed while the server has it open would free
    /// its room at any moment later, and the disk is to be full when it is filled.
    func show(_ round: Int, in product: URL) throws {
        let files = FileManager.default
        for (index, release) in staged.enumerated() {
            let served = product.appendingPathComponent(release.lastPathComponent)
            let aside = product.appendingPathComponent(".aside-\(release.lastPathComponent)")
            let isThere = files.fileExists(atPath: served.path)
            if index == round % staged.count {
                if isThere { continue }
                if !files.fileExists(atPath: aside.path) { try files.copyItem(at: release, to: aside) }
                try files.moveItem(at: aside, to: served)
            } else if isThere {
                try files.moveItem(at: served, to: aside)
            }
        }
    }
}
