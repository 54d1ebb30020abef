/// Why bytes of an image could not be read.
public enum ByteSourceError: Error, Equatable, Sendable {
    /// The range asked for goes past the end of the source.
    case outOfRange
    /// The device under the source failed; the number is the device's own (an `errno` for files).
    case unreadable(Int32)
}

/// Random-access bytes to verify: a flash slot, a file, memory.
public protocol ByteSource: ~Copyable {
    /// The number of bytes that can be read; a slot's size, not its image's.
    var byteCount: UInt32 { get }

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// - Throws: `outOfRange` if `offset + into.byteCount` exceeds `byteCount`, `unreadable` if the device fails.
    mutating func read(at offset: UInt32, into buffer: inout MutableRawSpan) throws(ByteSourceError)

    /// Called before every KiB that is hashed: a device feeds its watchdog here. Does nothing unless a source says
    /// otherwise.
    mutating func feedWatchdog()
}

extension ByteSource where Self: ~Copyable {
    /// Does nothing.
    public mutating func feedWatchdog() {}
}
