import Foundation

/// What happens in the folders of a busy server, and what should not: identities that come and go among many, releases,
/// large ones too, and symbolic links to the key file.
final class FileChurn: @unchecked Sendable {
    private let folder: ServerPeer.Folder
    private let identities: Int
    private let ended = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var stopped = false
    private var rounds = 0
    private var failures: [String] = []

    init(_ folder: ServerPeer.Folder, identities: Int) {
        self.folder = folder
        self.identities = identities
    }

    var outcome: String { lock.withLock { "\(rounds) rounds\(failures.isEmpty ? "" : ", \(failures.count) failed")" } }

    /// Goes on in a thread of its own until `stop`.
    func start() {
        Thread.detachNewThread { [self] in
            while !lock.withLock({ stopped }) {
                let round = lock.withLock { rounds }
                do {
                    try change(round)
                } catch {
                    lock.withLock { failures.append("\(error)") }
                }
                lock.withLock { rounds += 1 }
                Thread.sleep(forTimeInterval: 2)
            }
            ended.signal()
        }
    }

    func stop() {
        lock.withLock { stopped = true }
        ended.wait()
    }

    private func change(_ round: Int) throws {
        try writeIdentities(round)
        let images = folder.url.appendingPathComponent("Images")
        // A link to the keys, as a release of a product of its own.
        let linked = images.appendingPathComponent("9/1.0.\(round)")
        try FileManager.default.createDirectory(at: linked, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: linked.appendingPathComponent("firmware.bin").path,
            withDestinationPath: folder.path("identities.psk")
        )
        // A large release of another product, in place of the last one.
        let large = images.appendingPathComponent("8/1.0.\(round)")
        try FileManager.default.createDirectory(at: large, withIntermediateDirectories: true)
        let aside = large.appendingPathComponent(".firmware.bin.new")
        try Data(repeating: UInt8(truncatingIfNeeded: round), count: 48 << 20).write(to: aside)
        try FileManager.default.moveItem(at: aside, to: large.appendingPathComponent("firmware.bin"))
        if round > 1 {
            for product in ["8", "9"] {
                try FileManager.default.removeItem(at: images.appendingPathComponent("\(product)/1.0.\(round - 2)"))
            }
        }
    }

    /// The key file with all honest identities, many others, and one more each time: written aside and renamed.
    func writeIdentities(_ round: Int) throws {
        let hex = TestField.key.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        var text = ""
        for index in 0..<folder.sessions { text += "\(LoadAddress.identity(of: index)):\(hex)\n" }
        for index in 0..<(identities + round) { text += "other-\(index):\(hex)\n" }
        let aside = folder.path("identities.psk.new")
        guard
            FileManager.default.createFile(
                atPath: aside,
                contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o600]
            ), rename(aside, folder.path("identities.psk")) == 0
        else { throw BenchError("\(aside): cannot be written") }
    }
}
