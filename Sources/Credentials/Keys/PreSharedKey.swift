import HostSupport
import Synchronization

/// A pre-shared key: overwritten when nobody holds it any more, and never shown unless asked for by name.
public final class PreSharedKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // A buffer of its own, so that the bytes are in one place and can be wiped there. Written only in init and deinit.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    /// The longest key: RFC 4279 § 5.3 has implementations take 64 bytes.
    public static let maximumByteCount = 64

    /// - Parameter bytes: 1…64 bytes; any other length gives `nil`.
    public init?(bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= PreSharedKey.maximumByteCount else { return nil }
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        storage.copyBytes(from: bytes)
    }

    deinit {
        PreSharedKey.wipe(storage)
        storage.deallocate()
    }

    /// The number of bytes, 1…64.
    public var byteCount: Int { storage.count }

    /// Lends the key for the time of the call.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }

    /// Whether this is the same key, in a time that depends on the lengths only.
    public func matches(_ other: PreSharedKey) -> Bool {
        PreSharedKey.areEqual(UnsafeRawBufferPointer(storage), UnsafeRawBufferPointer(other.storage))
    }

    /// The same of bytes.
    static func areEqual(_ key: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard key.count == other.count else { return false }
        var difference: UInt8 = 0
        for index in key.indices { difference |= key[index] ^ other[index] }
        return difference == 0
    }

    /// The key in hex digits, for the one place that must show it: the file, and the person who asked.
    public func revealedHex() -> String {
        withBytes { Hex.encode(Array($0)) }
    }

    /// Says that there is a key, not which.
    public var description: String { "<key of \(byteCount) bytes>" }
    /// Never shows the key.
    public var debugDescription: String { description }
    /// Never shows the key.
    public var customMirror: Mirror { Mirror(self, children: []) }

    @inline(never)
    static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
        for index in bytes.indices { bytes[index] = 0 }
        // The stores must happen although nobody reads them: an atomic fence keeps the compiler from dropping them.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }
}
