import FirmwarePackaging
import HostSupport

/// What a catalog may hold and how much it may take.
public struct CatalogLimits: Equatable, Sendable {
    /// Bytes of payloads kept in memory beside the system's page cache.
    public var memoryBytes: Int
    /// The longest payload that is served: at most ``ReleaseLayout/maximumPayloadBytes``.
    public var payloadSizeBytes: Int
    /// The most releases of all products together.
    public var releases: Int
    /// Payload files that may be open at a time. The first request for one that is not open is answered a moment later.
    public var openFiles: Int

    /// - Parameters:
    ///   - memoryBytes: Bytes of payloads kept in memory; 32 MiB unless told.
    ///   - payloadSizeBytes: The longest payload; 64 MiB unless told.
    ///   - releases: The most releases; 65 536 unless told.
    ///   - openFiles: Payload files that may be open; half of what the process may have open unless told.
    public init(
        memoryBytes: Int = 32 << 20,
        payloadSizeBytes: Int = ReleaseLayout.servedPayloadBytes,
        releases: Int = 65_536,
        openFiles: Int? = nil
    ) {
        self.memoryBytes = max(memoryBytes, 1)
        self.payloadSizeBytes = max(1, min(payloadSizeBytes, ReleaseLayout.maximumPayloadBytes))
        self.releases = max(releases, 1)
        self.openFiles = max(openFiles ?? DescriptorLimit.current / 2, 1)
    }
}
