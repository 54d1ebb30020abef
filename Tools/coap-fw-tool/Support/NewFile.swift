import Glibc
import HostSupport

/// Files that a command makes, and never writes over.
enum NewFile {
    /// Writes a file, whole or not at all.
    static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(Failure) {
        guard access(path, F_OK) != 0 else {
            throw Failure(.cannotCreate, "\(path) exists and is not written over; choose another name")
        }
        do throws(FileFailure) {
            try AtomicFile.write(bytes, to: path, mode: mode)
        } catch {
            throw Failure(error)
        }
    }
}
