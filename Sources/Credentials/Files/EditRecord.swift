import HostSupport

/// What the tool has written last, as it stands in its lock file: one line per credential file, with the identity that
/// the file had. A server knows by it that a file is whole and meant so, however much it takes away.
///
/// ```
/// identities.psk 1234567 68 1764000000123456789      name, inode, bytes, time of the last write in nanoseconds
/// rights 1234570 12 1764000000123456789
/// ```
enum EditRecord {
    private static let maximumSizeBytes = 4096

    static func path(besides pskPath: String) -> String { "\(pskPath).lock" }

    /// Whether the tool put a file there, and nobody has written to it since.
    static func vouches(for path: String, _ identity: FileIdentity, in record: String) -> Bool {
        lines(of: record).contains(line(path, identity))
    }

    /// Notes that a file is as it was meant to be. The caller holds the lock.
    static func note(_ path: String, in record: String) throws(FileFailure) {
        let identity = try FileIdentity.of(path)
        let prefix = "\(name(path)) "
        let text = (lines(of: record).filter { !$0.hasPrefix(prefix) } + [line(path, identity)])
            .map { "\($0)\n" }.joined()
        // In place: the file is what is locked. Half a line vouches for nothing.
        try OpenFile.overwriting(record).writeAll(Array(text.utf8))
    }

    private static func lines(of record: String) -> [String] {
        guard let contents = try? AtomicFile.read(record, limit: maximumSizeBytes) else { return [] }
        return String(decoding: contents.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func line(_ path: String, _ identity: FileIdentity) -> String {
        "\(name(path)) \(identity.inode) \(identity.sizeBytes) \(identity.modifiedNanoseconds)"
    }
}
