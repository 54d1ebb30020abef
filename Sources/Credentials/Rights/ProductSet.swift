/// The products that somebody may read.
public enum ProductSet: Hashable, Sendable {
    case all
    case only(Set<UInt16>)

    /// No product.
    public static let none = ProductSet.only([])

    /// Whether `productID` is among them.
    public func contains(_ productID: UInt16) -> Bool {
        switch self {
        case .all: true
        case .only(let ids): ids.contains(productID)
        }
    }

    /// The products in either.
    public func union(_ other: ProductSet) -> ProductSet {
        switch (self, other) {
        case (.only(let left), .only(let right)): .only(left.union(right))
        case (.all, _), (_, .all): .all
        }
    }
}
