import Glibc

/// One open file descriptor, closed when the value goes.
package struct OpenFile: ~Copyable {
    let descriptor: Int32
    package let path: String

    private init(takingOwnership descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        _ = close(descriptor)
    }

    /// Opens for reading. Never waits, also when the path names a pipe or a device.
    package static func reading(_ path: String) throws(FileFailure) -> OpenFile {
        try opening(path, flags: O_RDONLY | O_NONBLOCK, mode: 0)
    }

    /// Makes a new file; one that is there already is an error (`EEXIST`).
    package static func creating(_ path: String, mode: UInt32) throws(FileFailure) -> OpenFile {
        try opening(path, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    }

    /// Opens a lock file, making it when it is not there.
    package static func locking(_ path: String) throws(FileFailure) -> OpenFile {
        try opening(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    }

    /// Opens a file that is there for writing, and empties it.
    package static func overwriting(_ path: String) throws(FileFailure) -> OpenFile {
        try opening(path, flags: O_WRONLY | O_TRUNC | O_NOFOLLOW, mode: 0)
    }

    /// Opens a folder, so that it can be synced.
    package static func folder(_ path: String) throws(FileFailure) -> OpenFile {
        try opening(path, flags: O_RDONLY | O_DIRECTORY, mode: 0)
    }

    static func reading(_ name: String, in folder: Int32, path: String) throws(FileFailure) -> OpenFile {
        while true {
            let descriptor = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
            if descriptor >= 0 { return OpenFile(takingOwnership: descriptor, path: path) }
            let code = errno
            if code != EINTR { throw FileFailure(operation: "open", path: path, code: code) }
        }
    }

    private static func opening(_ path: String, flags: Int32, mode: UInt32) throws(FileFailure) -> OpenFile {
        while true {
            let descriptor = open(path, flags | O_CLOEXEC, mode_t(mode))
            if descriptor >= 0 { return OpenFile(takingOwnership: descriptor, path: path) }
            let code = errno
            if code != EINTR { throw FileFailure(operation: "open", path: path, code: code) }
        }
    }

    package func identity() throws(FileFailure) -> FileIdentity {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("look at") }
        return FileIdentity(status)
    }

    /// Everything from the file's position to its end.
    ///
    /// - Parameters:
    ///   - sizeBytes: How long the file seems to be; room for that is made at once.
    ///   - limit: More bytes than this are not kept.
    /// - Returns: `nil` when the file is longer than `limit`.
    /// - Throws: ``FileFailure``.
    package func readAll(expecting sizeBytes: Int, limit: Int) throws(FileFailure) -> [UInt8]? {
        var contents: [UInt8] = []
        // One byte more than expected, so that the end is seen without another round.
        contents.reserveCapacity(min(max(sizeBytes, 0), limit) + 1)
        var chunk = [UInt8](repeating: 0, count: min(max(sizeBytes, 4096), 1 << 20))
        while true {
            let count = chunk.withUnsafeMutableBytes { space in Glibc.read(descriptor, space.baseAddress, space.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read")
            }
            if count == 0 { return contents }
            if contents.count + count > limit { return nil }
            contents.append(contentsOf: chunk[0..<count])
        }
    }

    package func writeAll(_ bytes: [UInt8]) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { space in
                Glibc.write(descriptor, space.baseAddress.map { $0 + done }, space.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            done += count
        }
    }

    package func setPermissions(_ mode: UInt32) throws(FileFailure) {
        guard fchmod(descriptor, mode_t(mode)) == 0 else { throw failure("set the mode of") }
    }

    /// Gives the file to another owner where this process may; where it may not, the owner stays as it is.
    package func copyOwner(from other: borrowing OpenFile) {
        var status = stat()
        if fstat(other.descriptor, &status) == 0 { _ = fchown(descriptor, status.st_uid, status.st_gid) }
    }

    package func sync() throws(FileFailure) {
        guard fsync(descriptor) == 0 else { throw failure("sync") }
    }

    /// Waits until no other process holds the lock.
    package func lockExclusively() throws(FileFailure) {
        while flock(descriptor, LOCK_EX) != 0 {
            if errno != EINTR { throw failure("lock") }
        }
    }

    func failure(_ operation: String) -> FileFailure {
        FileFailure(operation: operation, path: path, code: errno)
    }
}
