import CLinux
import Glibc

/// What came of reading without waiting.
package enum CachedRead: Equatable, Sendable {
    /// Bytes read; fewer than asked for at the end of the file.
    case read(Int)
    /// They are not in memory; reading them waits for a disk.
    case notCached
    /// This file system does not tell.
    case unsupported
}

extension OpenFile {
    /// Reads at a position, waiting for the disk if need be.
    ///
    /// - Returns: How many bytes; fewer than there is room for only at the end of the file.
    package func read(at offset: Int, into space: UnsafeMutableRawBufferPointer) throws(FileFailure) -> Int {
        var done = 0
        while done < space.count {
            let count = Glibc.pread(
                descriptor,
                space.baseAddress.map { $0 + done },
                space.count - done,
                off_t(offset + done)
            )
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read")
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Reads at a position what the page cache has. Never waits for a disk.
    package func readCached(at offset: Int, into space: UnsafeMutableRawBufferPointer) throws(FileFailure) -> CachedRead
    {
        var done = 0
        while done < space.count {
            let rest = space.baseAddress.map { $0 + done }
            let count = clinux_pread_nowait(descriptor, rest, space.count - done, off_t(offset + done))
            if count < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN: return .notCached
                case EOPNOTSUPP, ENOSYS, EINVAL: return .unsupported
                default: throw failure("read")
                }
            }
            if count == 0 { break }
            done += count
        }
        return .read(done)
    }

    /// Asks for a part of the file to be brought into the page cache, without waiting for it.
    package func prefetch(at offset: Int, count: Int) {
        _ = posix_fadvise(descriptor, off_t(offset), off_t(count), Int32(POSIX_FADV_WILLNEED))
    }

    /// Whether the file lies in memory (tmpfs, ramfs), so that reading never waits for a disk.
    package func isInMemory() -> Bool { clinux_is_in_memory(descriptor) != 0 }
}

/// An open file that several hold, closed when nobody has it any more. Reading at positions shares nothing between
/// them.
package final class SharedFile: Sendable {
    package let file: OpenFile

    package init(_ file: consuming OpenFile) {
        self.file = file
    }

    /// Reads at a position into all of `bytes`, waiting for the disk if need be.
    ///
    /// - Returns: How many bytes; fewer than there is room for only at the end of the file.
    package func read(at offset: Int, into bytes: inout MutableRawSpan) throws(FileFailure) -> Int {
        let result = bytes.withUnsafeMutableBytes { space -> Result<Int, FileFailure> in
            Result { () throws(FileFailure) in try file.read(at: offset, into: space) }
        }
        return try result.get()
    }

    /// Reads `count` bytes at a position into the beginning of `bytes`.
    package func read(at offset: Int, into bytes: inout [UInt8], count: Int) throws(FileFailure) -> Int {
        let result = bytes.withUnsafeMutableBytes { space -> Result<Int, FileFailure> in
            let part = UnsafeMutableRawBufferPointer(rebasing: space.prefix(count))
            return Result { () throws(FileFailure) in try file.read(at: offset, into: part) }
        }
        return try result.get()
    }

    /// As ``read(at:into:count:)``, but only what the page cache has. Never waits for a disk.
    package func readCached(at offset: Int, into bytes: inout [UInt8], count: Int) throws(FileFailure) -> CachedRead {
        let result = bytes.withUnsafeMutableBytes { space -> Result<CachedRead, FileFailure> in
            let part = UnsafeMutableRawBufferPointer(rebasing: space.prefix(count))
            return Result { () throws(FileFailure) in try file.readCached(at: offset, into: part) }
        }
        return try result.get()
    }
}
