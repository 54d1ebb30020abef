import Glibc

/// What tells one state of one file from any other without reading it: where it lies, how long it is, and when it was
/// last written (mtime) and last touched in any way (ctime, which no program can set back).
package struct FileIdentity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
    package let sizeBytes: Int64
    package let modifiedNanoseconds: Int64
    package let changedNanoseconds: Int64
    package let mode: UInt32
    /// The user that the file belongs to.
    package let owner: UInt32

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        sizeBytes = Int64(status.st_size)
        modifiedNanoseconds = FileIdentity.nanoseconds(status.st_mtim)
        changedNanoseconds = FileIdentity.nanoseconds(status.st_ctim)
        mode = UInt32(status.st_mode)
        owner = UInt32(status.st_uid)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    package var isRegularFile: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
    package var isSymbolicLink: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFLNK) }
    package var isDirectory: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
    /// The permission bits, without the file type.
    package var permissions: UInt32 { mode & 0o7777 }

    /// Whether it is the same file, in whatever state.
    package func isSameFile(as other: FileIdentity) -> Bool {
        device == other.device && inode == other.inode
    }

    /// Whether the bytes are the same, as far as size and time of the last write tell. Names, links and permissions may
    /// have changed.
    package func hasSameContents(as other: FileIdentity) -> Bool {
        device == other.device && inode == other.inode && sizeBytes == other.sizeBytes
            && modifiedNanoseconds == other.modifiedNanoseconds
    }

    /// Whether a later change would surely show in this identity.
    ///
    /// File times move in steps of the kernel's tick, so a file that was written a moment ago may be written again
    /// without any difference in its times. Two seconds are far above any tick.
    package var isSettled: Bool {
        var now = timespec()
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return false }
        let age = FileIdentity.nanoseconds(now) &- changedNanoseconds
        return age > 2_000_000_000 || age < -2_000_000_000
    }

    /// The identity of what `path` names (symbolic links followed).
    package static func of(_ path: String) throws(FileFailure) -> FileIdentity {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileFailure(operation: "look at", path: path, code: errno)
        }
        return FileIdentity(status)
    }
}
