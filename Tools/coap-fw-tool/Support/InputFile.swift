import FirmwarePackaging
import HostSupport

/// Whole files given on the command line.
enum InputFile {
    /// Longest image or binary that is read: what a server would serve at most.
    private static let maximumSizeBytes = ReleaseLayout.maximumPayloadBytes

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let contents: (bytes: [UInt8], identity: FileIdentity)?
        do throws(FileFailure) {
            contents = try AtomicFile.read(path, limit: maximumSizeBytes)
        } catch {
            throw Failure(error)
        }
        guard let contents else {
            throw Failure(.refusedData, "\(path) is larger than 1 GiB, the most that can be transferred")
        }
        return contents.bytes
    }
}
