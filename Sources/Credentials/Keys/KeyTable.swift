/// Keys by identity, in two pieces of memory however many there are; overwritten when nobody holds them any more.
///
/// A file of 200 000 identities is replaced while sessions come and go. As objects of their own, their keys would lie
/// in the holes that ended sessions leave, and hold on to tens of thousands of pages.
package final class KeyTable: Sendable {
    /// Where an entry lies: one byte with the identity's length, the identity, the key's length, the key.
    private typealias Offset = UInt32

    // Written in init and deinit only.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer
    /// Open addressing, linear: offsets into `storage`, or `vacant`. A power of two, at least half of them vacant.
    private nonisolated(unsafe) let index: UnsafeMutableBufferPointer<Offset>
    /// How many identities there are.
    package let count: Int

    private static let vacant = Offset.max

    /// - Parameter file: no identity is in it twice; ``PSKFile/maximumSizeBytes`` keeps offsets in range.
    package init(_ file: PSKFile) {
        var byteCount = 0
        for (identity, key) in file.keys { byteCount += 2 + identity.bytes.count + key.byteCount }
        storage = .allocate(byteCount: max(byteCount, 1), alignment: 1)
        var capacity = 16
        while capacity < 2 * file.keys.count { capacity *= 2 }
        index = .allocate(capacity: capacity)
        index.initialize(repeating: Self.vacant)
        count = file.keys.count
        var end = 0
        for (identity, key) in file.keys {
            let slot = identity.bytes.withUnsafeBytes { Self.slot(of: $0, in: index, storage) }
            index[slot] = Offset(end)
            storage[end] = UInt8(identity.bytes.count)
            identity.bytes.withUnsafeBytes { storage[(end + 1)...].copyBytes(from: $0) }
            end += 1 + identity.bytes.count
            storage[end] = UInt8(key.byteCount)
            key.withBytes { storage[(end + 1)...].copyBytes(from: $0) }
            end += 1 + key.byteCount
        }
    }

    deinit {
        PreSharedKey.wipe(storage)
        storage.deallocate()
        index.deallocate()
    }

    /// The key of an identity; nil: there is none.
    ///
    /// How long this takes depends on the identity, which travels in the clear, and not on any key.
    package subscript(identity: PSKIdentity) -> PreSharedKey? {
        withExtendedLifetime(self) {
            identity.bytes.withUnsafeBytes { key(of: $0) }.flatMap { PreSharedKey(bytes: $0) }
        }
    }

    /// Identities that `other` lacks, or has another key for.
    package func identities(otherThanIn other: KeyTable) -> [PSKIdentity] {
        withExtendedLifetime((self, other)) {
            index.compactMap { offset in
                guard let key = key(at: offset) else { return nil }
                let identity = Self.identity(at: offset, storage)
                if let known = other.key(of: identity), PreSharedKey.areEqual(key, known) { return nil }
                return PSKIdentity(bytes: identity)
            }
        }
    }

    private func key(of identity: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        key(at: index[Self.slot(of: identity, in: index, storage)])
    }

    private func key(at offset: Offset) -> UnsafeRawBufferPointer? {
        guard offset != Self.vacant else { return nil }
        let start = Int(offset) + 1 + Int(storage[Int(offset)])
        return UnsafeRawBufferPointer(rebasing: storage[(start + 1)..<(start + 1 + Int(storage[start]))])
    }

    private static func identity(
        at offset: Offset,
        _ storage: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        let start = Int(offset) + 1
        return UnsafeRawBufferPointer(rebasing: storage[start..<(start + Int(storage[Int(offset)]))])
    }

    /// Where the identity is, or would be. The hash is seeded for each process: nobody can choose identities that
    /// collide.
    private static func slot(
        of identity: UnsafeRawBufferPointer,
        in index: UnsafeMutableBufferPointer<Offset>,
        _ storage: UnsafeMutableRawBufferPointer
    ) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: identity)
        var slot = hasher.finalize() & (index.count - 1)
        // Half of them are vacant: this ends.
        while index[slot] != vacant, !self.identity(at: index[slot], storage).elementsEqual(identity) {
            slot = (slot + 1) & (index.count - 1)
        }
        return slot
    }
}
