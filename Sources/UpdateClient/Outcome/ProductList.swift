/// Up to 32 product ids, as a server lists them.
public struct ProductList: Equatable, Sendable {
    public static let capacity = 32
    private var storage = InlineArray<32, UInt16>(repeating: 0)
    public private(set) var count = 0
    /// Whether there were more than the list takes, or more than was read.
    public internal(set) var isTruncated = false

    public init() {}

    /// The product id at `index`; nil past the end.
    public subscript(index: Int) -> UInt16? { index >= 0 && index < count ? storage[index] : nil }

    /// Adds a product id once; more than the capacity are left out.
    public mutating func insert(_ productID: UInt16) {
        for index in 0..<count where storage[index] == productID { return }
        guard count < Self.capacity else {
            isTruncated = true
            return
        }
        storage[count] = productID
        count += 1
    }

    public static func == (left: ProductList, right: ProductList) -> Bool {
        guard left.count == right.count, left.isTruncated == right.isTruncated else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
        return true
    }
}
