import FirmwarePackaging

/// What a catalog may hold and how much memory it may take.
public struct CatalogLimits: Equatable, Sendable {
    /// Bytes of payloads kept in memory. The least recently used ones go when it would be more.
    public var memoryBytes: Int
    /// The longest payload that is served: at most ``ReleaseLayout/maximumPayloadBytes``, and never
    /// more than ``memoryBytes``.
    public var payloadSizeBytes: Int
    /// The most releases of all products together.
    public var releases: Int

    /// - Parameters:
    ///   - memoryBytes: Bytes of payloads kept in memory; 256 MiB unless told.
    ///   - payloadSizeBytes: The longest payload; 64 MiB unless told.
    ///   - releases: The most releases; 65 536 unless told.
    public init(memoryBytes: Int = 256 << 20, payloadSizeBytes: Int = 64 << 20, releases: Int = 65_536) {
        self.memoryBytes = max(memoryBytes, 1)
        self.payloadSizeBytes = max(1, min(payloadSizeBytes, ReleaseLayout.maximumPayloadBytes, self.memoryBytes))
        self.releases = max(releases, 1)
    }
}
