/// Up to four anchors, inline.
public struct TrustAnchors: Equatable, Sendable {
    /// How many fit.
    public static let capacity = 4

    private var storage: InlineArray<4, TrustAnchor>
    /// How many there are, 0…4.
    public private(set) var count: Int

    /// No anchor: nothing verifies.
    public init() {
        storage = InlineArray(repeating: .vacant)
        count = 0
    }

    /// One anchor.
    public init(_ anchor: TrustAnchor) {
        self.init()
        _ = append(anchor)
    }

    /// Adds an anchor; `false`, and nothing changed, if there are four already.
    public mutating func append(_ anchor: TrustAnchor) -> Bool {
        guard count < Self.capacity else { return false }
        storage[count] = anchor
        count += 1
        return true
    }

    /// The anchor at `index`; `nil` past the last one.
    public subscript(index: Int) -> TrustAnchor? {
        guard index >= 0, index < count else { return nil }
        return storage[index]
    }

    /// Whether both list the same anchors in the same order.
    public static func == (left: TrustAnchors, right: TrustAnchors) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] {
            return false
        }
        return true
    }
}
