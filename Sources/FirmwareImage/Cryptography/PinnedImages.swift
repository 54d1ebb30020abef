/// Digests of images that are accepted without a signature by a trusted key: those that were in the slots, verified,
/// when the trusted keys changed. Without them a device could no longer boot its own images.
public struct PinnedImages: Equatable, Sendable {
    /// One per slot.
    public static let capacity = 2

    private var storage: InlineArray<2, SHA256Digest>
    /// How many there are, 0…2.
    public private(set) var count: Int

    /// None.
    public init() {
        storage = InlineArray(repeating: SHA256Digest(value: Bytes32(repeating: 0)))
        count = 0
    }

    /// Adds an image digest, once; `false`, and nothing changed, if there is no room.
    public mutating func insert(_ digest: SHA256Digest) -> Bool {
        if contains(digest) { return true }
        guard count < Self.capacity else { return false }
        storage[count] = digest
        count += 1
        return true
    }

    /// Whether an image with this digest is one of them.
    public func contains(_ digest: SHA256Digest) -> Bool {
        for index in 0..<count where storage[index] == digest {
            return true
        }
        return false
    }

    /// The digest at `index`; `nil` past the last one.
    public subscript(index: Int) -> SHA256Digest? {
        guard index >= 0, index < count else { return nil }
        return storage[index]
    }

    /// Whether both list the same digests in the same order.
    public static func == (left: PinnedImages, right: PinnedImages) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] {
            return false
        }
        return true
    }
}
