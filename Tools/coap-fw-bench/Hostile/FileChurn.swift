import Foundation

/// What happens in the folders of a busy server, and what should not: identities that come and go among many, large
/// releases that take turns, images that nobody signed, symbolic links to the key file, and a disk that is full while
/// keys and releases are to be changed.
final class FileChurn: @unchecked Sendable {
    /// What was seen.
    struct Outcome: Codable {
        var rounds = 0
        /// Rounds in which the disk was full.
        var fullRounds = 0
        /// Changes on the full disk that were refused, as they must be.
        var refused = 0
        /// What was lost, or went wrong.
        var failures: [String] = []
    }

    private let folder: ServerPeer.Folder
    private let large: LargeReleases
    private let identities: Int
    private let ended = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var stopped = false
    private var seen = Outcome()

    init(_ folder: ServerPeer.Folder, _ large: LargeReleases, identities: Int) {
        self.folder = folder
        self.large = large
        self.identities = identities
    }

    var outcome: Outcome { lock.withLock { seen } }

    /// Goes on in a thread of its own until `stop`.
    func start(on disk: URL) {
        Thread.detachNewThread { [self] in
            while !lock.withLock({ stopped }) {
                let round = lock.withLock { seen.rounds }
                do {
                    try change(round, disk)
                    if round % 3 == 2 { try changeOnFullDisk(round, disk) }
                } catch {
                    fail("round \(round): \(error)")
                }
                lock.withLock { seen.rounds += 1 }
                Thread.sleep(forTimeInterval: 2)
            }
            ended.signal()
        }
    }

    /// Ends it and takes away what it put there, so that the server is left with what it began with.
    func stop(on disk: URL) throws {
        lock.withLock { stopped = true }
        ended.wait()
        for round in 0..<outcome.rounds { removeFromImages(round) }
        try large.show(0, in: disk.appendingPathComponent("8"))
        try writeIdentities(0, to: disk.appendingPathComponent("identities.psk"))
    }

    private func fail(_ text: String) { lock.withLock { seen.failures.append(text) } }

    private func change(_ round: Int, _ disk: URL) throws {
        try writeIdentities(round, to: disk.appendingPathComponent("identities.psk"))
        try large.show(round + 1, in: disk.appendingPathComponent("8"))
        // A link to the keys, as a release of a product of its own.
        let linked = try makeFolder("9/1.0.\(round)")
        try FileManager.default.createSymbolicLink(
            atPath: linked.appendingPathComponent("firmware.bin").path,
            withDestinationPath: folder.path("disk/identities.psk")
        )
        // A higher version of what everybody downloads, that nobody signed: without a header, and behind the header of
        // a signed one.
        let unsigned = try makeFolder("7/9.0.\(round)").appendingPathComponent("firmware.bin")
        try Data(repeating: UInt8(truncatingIfNeeded: round), count: 100_000).write(to: unsigned)
        var damaged = try Data(contentsOf: URL(fileURLWithPath: folder.path("Images/7/1.0.0/firmware.bin")))
        damaged[damaged.count / 2] ^= 1
        try damaged.write(to: unsigned)
        if round > 1 { removeFromImages(round - 2) }
    }

    private func makeFolder(_ name: String) throws -> URL {
        let url = URL(fileURLWithPath: folder.path("Images/\(name)"))
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    private func removeFromImages(_ round: Int) {
        for name in ["9/1.0.\(round)", "7/9.0.\(round)"] {
            try? FileManager.default.removeItem(atPath: folder.path("Images/\(name)"))
        }
    }

    /// Fills the disk and changes keys and releases: what is there must stay as it is.
    private func changeOnFullDisk(_ round: Int, _ disk: URL) throws {
        let keys = disk.appendingPathComponent("identities.psk")
        let before = try Data(contentsOf: keys)
        let releases = try FileManager.default.contentsOfDirectory(atPath: disk.appendingPathComponent("8").path)
            .sorted()
        let filler = disk.appendingPathComponent("filler")
        defer { try? FileManager.default.removeItem(at: filler) }
        for arguments in [
            ["psk", "add", "late-\(round)", "--pid", "7", "--psk", keys.path],
            ["psk", "rotate", LoadAddress.identity(of: folder.sessions - 1), "--psk", keys.path],
            [
                "release", "--pid", "8", "--version", "9.0.\(round)", "--binary", folder.path("app.bin"), "--key",
                folder.path("signing"), "--images", disk.path,
            ],
        ] {
            // Before each: the server may have closed a file meanwhile that was replaced.
            try fill(filler)
            let log = folder.url.appendingPathComponent("full.log")
            let end = try Program(folder.program("coap-fw-tool"), arguments, log: log).end(within: 60)
            if end.isSuccess { fail("\(arguments[0]) \(arguments[1]) on a full disk succeeds") }
        }
        guard try Data(contentsOf: keys) == before else { return fail("a full disk changed the key file") }
        let left = try FileManager.default.contentsOfDirectory(atPath: disk.appendingPathComponent("8").path).sorted()
        guard left == releases else { return fail("a full disk changed the releases: \(left)") }
        lock.withLock {
            seen.fullRounds += 1
            seen.refused += 3
        }
    }

    private func fill(_ file: URL) throws {
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard descriptor >= 0 else { throw BenchError("\(file.path): cannot be made") }
        defer { close(descriptor) }
        var size = 1 << 20
        while size >= 1 {
            let part = [UInt8](repeating: 0, count: size)
            if write(descriptor, part, size) != size { size /= 2 }
        }
        guard errno == ENOSPC else { throw BenchError("\(file.path): cannot be filled") }
    }

    /// The key file with all honest identities, many others, and one more each time: written aside and renamed.
    func writeIdentities(_ round: Int, to file: URL) throws {
        let hex = TestField.key.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        var text = ""
        for index in 0..<folder.sessions { text += "\(LoadAddress.identity(of: index)):\(hex)\n" }
        for index in 0..<(identities + round) { text += "other-\(index):\(hex)\n" }
        let aside = file.path + ".new"
        guard
            FileManager.default.createFile(
                atPath: aside,
                contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o600]
            ), rename(aside, file.path) == 0
        else { throw BenchError("\(aside): cannot be written") }
    }
}
