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
    /// Whether a download that is resumed goes on with the block size that it was found to need, if that is less than
    /// what is preferred. False: with the preferred one.
    public var remembersBlockSize: Bool
    /// Whether an image that was refused after its download, or tried and rolled back, is taken again when the server
    /// still offers it.
    public var retriesRefused: Bool

    /// See the properties.
    public init(
        productID: UInt16,
        map: FlashMap,
        transfer: TransferConfiguration = TransferConfiguration(),
        connection: ConnectionPolicy = ConnectionPolicy(),
        maximumRestarts: Int = 8,
        maximumTornSectors: Int = 16,
        remembersBlockSize: Bool = true,
        retriesRefused: Bool = false
    ) {
        self.productID = productID
        self.map = map
        self.transfer = transfer
        self.connection = connection
        self.maximumRestarts = maximumRestarts
        self.maximumTornSectors = maximumTornSectors
        self.remembersBlockSize = remembersBlockSize
        self.retriesRefused = retriesRefused
    }
}
