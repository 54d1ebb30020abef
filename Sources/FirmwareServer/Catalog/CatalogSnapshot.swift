import FirmwareImage
import FirmwarePackaging

/// The whole catalog at one moment. A value: what is found in it does not change while it is held.
public struct CatalogSnapshot: Sendable {
    /// One product with at least one release.
    public struct Product: Sendable {
        /// The product, 0…65535.
        public let id: UInt16
        /// Lowest version first, no version twice, never empty.
        public let releases: [Release]
        /// The release with the highest version.
        public let current: Release
    }

    /// Ascending product IDs.
    public let products: [Product]
    /// Reads payloads.
    let store: PayloadStore
    /// The products as links, for discovery.
    let links: LinkTable

    /// A catalog without any product.
    public static let empty = CatalogSnapshot(releases: [], store: PayloadStore(limitBytes: 1, openFiles: 1))

    /// - Parameters:
    ///   - releases: In any order; of two with the same product and version the first counts.
    ///   - store: Reads their payloads.
    init(releases: [Release], store: PayloadStore) {
        var byProduct: [UInt16: [Release]] = [:]
        for release in releases { byProduct[release.productID, default: []].append(release) }
        var products: [Product] = []
        for (id, unsorted) in byProduct {
            var sorted: [Release] = []
            for release in unsorted.sorted(by: { $0.version < $1.version })
            where sorted.last.map({ $0.version < release.version }) ?? true {
                sorted.append(release)
            }
            if let current = sorted.last { products.append(Product(id: id, releases: sorted, current: current)) }
        }
        self.products = products.sorted { $0.id < $1.id }
        self.store = store
        links = LinkTable(self.products)
    }

    /// A catalog of payloads in memory, for tests and simulations: no file is ever touched.
    public init(inMemory payloads: [(productID: UInt16, version: ImageVersion, payload: [UInt8])]) {
        var releases: [Release] = []
        for entry in payloads {
            guard let description = PayloadDescription(of: entry.payload) else { continue }
            releases.append(
                Release(
                    productID: entry.productID,
                    version: entry.version,
                    payload: description,
                    path: "\(entry.productID)/\(ReleaseLayout.text(entry.version))",
                    source: .memory(entry.payload)
                )
            )
        }
        self.init(releases: releases, store: PayloadStore(limitBytes: 1, openFiles: 1))
    }

    /// All releases of all products.
    public var releaseCount: Int { products.reduce(0) { $0 + $1.releases.count } }

    /// The product, or `nil` when there is no release of it.
    public func product(_ id: UInt16) -> Product? {
        index(of: id).map { products[$0] }
    }

    /// Where a product is among ``products``.
    func index(of id: UInt16) -> Int? {
        var low = 0
        var high = products.count
        while low < high {
            let middle = low + (high - low) / 2
            let candidate = products[middle].id
            if candidate == id { return middle }
            if candidate < id { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}

extension CatalogSnapshot.Product {
    /// The release with this version.
    public func release(_ version: ImageVersion) -> Release? {
        var low = 0
        var high = releases.count
        while low < high {
            let middle = low + (high - low) / 2
            let candidate = releases[middle]
            if candidate.version == version { return candidate }
            if candidate.version < version { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
