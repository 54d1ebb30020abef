import Glibc

/// An open file: the only place of this module that talks to the operating system.
final class FileDescriptor {
    let path: String
    private let number: Int32

    private init(path: String, number: Int32) {
        self.path = path
        self.number = number
    }

    deinit {
        close(number)
    }

    static func open(_ path: String, flags: Int32, mode: mode_t = 0o600) throws(FlashFileError) -> FileDescriptor {
        // Non-blocking, so that a pipe by that name is found to be none instead of waited for; files do not care.
        let number = Glibc.open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode)
        guard number >= 0 else {
            let code = errno
            throw code == EACCES && flags & O_ACCMODE == O_RDONLY
                ? .unreadable(path: path) : failure(path, "open it", code: code)
        }
        return FileDescriptor(path: path, number: number)
    }

    /// Locks the file for this process, or fails at once. The lock ends with the process, however it ends.
    func lock(exclusive: Bool) throws(FlashFileError) {
        guard flock(number, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? .locked(path: path) : Self.failure(path, "lock it")
        }
    }

    /// The size of a regular file, in bytes; anything else is no flash file.
    func size() throws(FlashFileError) -> Int {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw Self.failure(path, "look at it") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFlashFile(path: path) }
        return Int(status.st_size)
    }

    /// Reads `count` bytes at `offset`.
    ///
    /// - Throws: `wrongSize` if the file ends before.
    func read(count: Int, at offset: Int) throws(FlashFileError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let result = pread(
                    number,
                    buffer.baseAddress.map { $0 + initialized },
                    count - initialized,
                    off_t(offset + initialized)
                )
                if result < 0, errno == EINTR { continue }
                guard result > 0 else {
                    failed = result < 0
                    return
                }
                initialized += result
            }
        }
        guard !failed else { throw Self.failure(path, "read it") }
        guard bytes.count == count else {
            throw .wrongSize(path: path, expectedBytes: offset + count, foundBytes: offset + bytes.count)
        }
        return bytes
    }

    /// Writes all bytes at `offset`.
    ///
    /// - Returns: 0, or the `errno` of the failure.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
        var done = 0
        while done < bytes.count {
            let result = pwrite(number, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if result < 0 {
                if errno == EINTR { continue }
                return errno
            }
            done += result
        }
        return 0
    }

    /// Waits until what was written is on the disk.
    ///
    /// - Returns: 0, or the `errno` of the failure.
    func synchronizeData() -> Int32 {
        fdatasync(number) == 0 ? 0 : errno
    }

    static func failure(_ path: String, _ operation: String, code: Int32 = errno) -> FlashFileError {
        switch code {
        case ENOENT: .missing(path: path)
        case EEXIST: .exists(path: path)
        case ENOSPC, EDQUOT: .noSpace(path: path)
        case EACCES, EPERM, EROFS: .readOnly(path: path)
        case EISDIR: .notAFlashFile(path: path)
        default:
            .system(path: path, operation: operation, code: code, message: String(cString: strerror(code)))
        }
    }
}
