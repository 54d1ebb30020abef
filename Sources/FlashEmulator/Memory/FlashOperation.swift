/// One operation that changes a flash, as recorded: what exhaustive simulations play back, cut in every way.
public enum FlashOperation: Equatable, Sendable {
    case program(address: UInt32, bytes: [UInt8])
    case erase(sectorAddress: UInt32)
}

/// How often and how much a flash was used since it was made.
public struct FlashCounters: Equatable, Sendable {
    /// Read operations.
    public var reads: UInt64 = 0
    /// Program operations.
    public var programs: UInt64 = 0
    /// Erased sectors.
    public var erases: UInt64 = 0
    /// Bytes that were read.
    public var bytesRead: UInt64 = 0
    /// Bytes that were programmed.
    public var bytesProgrammed: UInt64 = 0

    /// Nothing was done yet.
    public init() {}

    /// Programs and erases: what a power cut is counted in.
    public var operations: UInt64 { programs + erases }
}
