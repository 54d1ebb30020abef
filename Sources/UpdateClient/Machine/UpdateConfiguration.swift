import Bootloader

/// What to update, and how long to try.
public struct UpdateConfiguration: Equatable, Sendable {
    /// The product whose firmware this device runs (PID).
    public var productID: UInt16
    /// Where slots, journal and trust record are.
    public var map: FlashMap
    /// The block transfer. Its `maximumBlocks` bounds the memory.
    public var transfer: TransferConfiguration
    /// The channel to the server.
    public var connection: ConnectionPolicy
    /// Downloads begun anew in one run, because the server's image changed or contradicted itself.
    public var maximumRestarts: Int
    /// Sectors given up in one run because they hold bytes of interrupted or failed writes.
    public var maximumTornSectors: Int
    /// Requests for the list of products after a 4.04, each answered or not.
    public var maximumListRequests: Int
    /// Whether an image that was refused after its download, or tried and rolled back, is taken again when the server still
    /// offers it.
    public var retriesRefused: Bool

    public init(
        productID: UInt16,
        map: FlashMap,
        transfer: TransferConfiguration = TransferConfiguration(),
        connection: ConnectionPolicy = ConnectionPolicy(),
        maximumRestarts: Int = 8,
        maximumTornSectors: Int = 16,
        maximumListRequests: Int = 8,
        retriesRefused: Bool = false
    ) {
        self.productID = productID
        self.map = map
        self.transfer = transfer
        self.connection = connection
        self.maximumRestarts = maximumRestarts
        self.maximumTornSectors = maximumTornSectors
        self.maximumListRequests = maximumListRequests
        self.retriesRefused = retriesRefused
    }
}
