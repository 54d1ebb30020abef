import Glibc
import HostSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct AtomicFileTests {
    /// What has the old file open, or another name for it, keeps the old bytes.
    @Test func aReplacedFileIsAnotherFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("old", to: "keys")
        #expect(link(path, "\(folder.path)/other") == 0)
        try AtomicFile.write(Array("new".utf8), to: path, mode: 0o600)
        #expect(try folder.read("keys") == "new")
        #expect(try folder.read("other") == "old")
        #expect(folder.files() == ["keys", "other"])
    }

    /// Whatever the umask takes away.
    @Test(arguments: [0o600, 0o644, 0o666, 0o777] as [UInt32]) func theModeIsTheOneAskedFor(mode: UInt32) throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write([1], to: "\(folder.path)/file", mode: mode)
        #expect(try folder.mode(of: "file") == Int(mode))
    }

    @Test func onlyFilesAreReplacedAndRead() throws {
        let folder = try TemporaryFolder()
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for (path, code) in [(pipe, EINVAL), (folder.path, EISDIR)] {
            let written = #expect(throws: FileFailure.self) { try AtomicFile.write([1], to: path, mode: 0o600) }
            let read = #expect(throws: FileFailure.self) { _ = try AtomicFile.read(path, limit: 10) }
            #expect(written?.code == code && read?.code == code)
        }
        let path = try folder.write("12345", to: "file")
        #expect(try AtomicFile.read(path, limit: 5)?.bytes == Array("12345".utf8))
        #expect(try AtomicFile.read(path, limit: 4)?.bytes == nil)
    }

    @Test func aLockIsExclusiveWhileItLives() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/lock"
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(descriptor) }
        do {
            let lock = try FileLock(path)
            // Not even shared with another.
            #expect(flock(descriptor, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK)
            withExtendedLifetime(lock) {}
        }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    }
}
