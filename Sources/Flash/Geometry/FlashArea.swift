/// A range of flash.
public struct FlashArea: Equatable, Sendable {
    /// The address of the first byte.
    public var offset: UInt32
    /// Bytes from there.
    public var sizeBytes: UInt32

    /// See the properties.
    public init(offset: UInt32, sizeBytes: UInt32) {
        self.offset = offset
        self.sizeBytes = sizeBytes
    }

    /// The address behind the last byte; wide, so that it can be compared before it is believed.
    public var end: UInt64 { UInt64(offset) + UInt64(sizeBytes) }

    /// Whether some byte is in both.
    public func overlaps(_ other: FlashArea) -> Bool {
        UInt64(offset) < other.end && UInt64(other.offset) < end
    }
}
