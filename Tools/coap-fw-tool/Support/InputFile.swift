import FirmwareServer

/// Whole files given on the command line.
enum InputFile {
    /// Longest image or binary that is read: what a server would serve at most.
    private static let maximumSizeBytes = CatalogLimits.numberableBytes

    static func read(_ path: String) throws(ToolFailure) -> [UInt8] {
        do {
            guard let contents = try AtomicFile.read(path, limit: maximumSizeBytes) else {
                throw ToolFailure(.refusedData, "\(path) is larger than 1 GiB, the most that can be transferred")
            }
            return contents.bytes
        } catch let failure as FileFailure {
            throw ToolFailure(ExitStatus(errno: failure.code), "\(failure)")
        } catch let failure as ToolFailure {
            throw failure
        } catch {
            throw ToolFailure(.inputOutput, "cannot read \(path): \(error)")
        }
    }
}
