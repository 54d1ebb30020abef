/// A lock between processes, held until the value goes. The lock file stays: removing it would let two in.
package final class FileLock {
    private let file: OpenFile

    /// Waits for the lock.
    package init(_ path: String) throws(FileFailure) {
        file = try OpenFile.locking(path)
        try file.lockExclusively()
    }
}
