import Glibc

/// Whole files replaced in one step: a reader, and a machine after a power cut, finds the old contents or the new.
package enum AtomicFile {
    /// Writes aside, syncs, renames over `path` and syncs the folder.
    ///
    /// - Parameters:
    ///   - bytes: The whole new contents.
    ///   - path: The file, there already or not. Its folder must exist.
    ///   - mode: Permissions of the new file.
    /// - Throws: ``FileFailure``; the old contents are then still there.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(FileFailure) {
        if let present = try? FileIdentity.of(path), !present.isRegularFile {
            // A rename would put a file where a device or a pipe is.
            throw FileFailure(operation: "replace", path: path, code: present.isDirectory ? EISDIR : EINVAL)
        }
        let aside = "\(path).new-\(getpid())"
        // A leftover of a process with this number that died here before.
        Folder.removeFile(aside)
        do {
            let file = try OpenFile.creating(aside, mode: mode)
            try file.setPermissions(mode)
            if let old = try? OpenFile.reading(path) { file.copyOwner(from: old) }
            try file.writeAll(bytes)
            try file.sync()
            try Folder.rename(aside, to: path)
        } catch {
            Folder.removeFile(aside)
            throw error
        }
        try Folder.sync(Folder.parent(of: path))
    }

    /// Reads a whole regular file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: The most bytes that are wanted.
    /// - Returns: The contents and the identity they belong to, or `nil` when the file is longer than `limit` bytes.
    /// - Throws: ``FileFailure``.
    package static func read(
        _ path: String,
        limit: Int
    ) throws(FileFailure) -> (bytes: [UInt8], identity: FileIdentity)? {
        let file = try OpenFile.reading(path)
        let identity = try file.identity()
        if identity.isDirectory { throw FileFailure(operation: "read", path: path, code: EISDIR) }
        guard identity.isRegularFile else { throw FileFailure(operation: "read", path: path, code: EINVAL) }
        guard identity.sizeBytes <= Int64(limit) else { return nil }
        guard let bytes = try file.readAll(expecting: Int(identity.sizeBytes), limit: limit) else { return nil }
        return (bytes, identity)
    }
}
