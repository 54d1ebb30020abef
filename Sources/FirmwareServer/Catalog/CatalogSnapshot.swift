import FirmwareImage
import FirmwarePackaging

/// The whole catalog at one moment. A value: what is found in it does not change while it is held.
public struct CatalogSnapshot: Sendable {
    /// One product with at least one release.
    public struct Product: Sendable {
        public let id: UInt16
        /// Lowest version first, no version twice, never empty.
        public let releases: [Release]
        /// The release with the highest version.
        public let current: Release
    }

    /// Ascending product IDs.
    public let products: [Product]
    /// Where payloads are when they are not in memory.
    let cache: PayloadCache

    /// A catalog without any product.
    public static let empty = CatalogSnapshot(releases: [], cache: PayloadCache(limitBytes: 1))

    /// - Parameters:
    ///   - releases: In any order; of two with the same product and version the first counts.
    ///   - cache: Keeps the payloads of these releases.
    init(releases: [Release], cache: PayloadCache) {
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
        self.cache = cache
    }

    /// A catalog of payloads in memory, for tests and simulations: no file is ever touched.
    public init(inMemory payloads: [(productID: UInt16, version: ImageVersion, payload: [UInt8])]) {
        let cache = PayloadCache(limitBytes: .max)
        var releases: [Release] = []
        for entry in payloads {
            guard let description = PayloadDescription(of: entry.payload) else { continue }
            let text = ReleaseLayout.text(entry.version)
            let release = Release(
                productID: entry.productID,
                version: entry.version,
                versionText: text,
                payload: description,
                path: "\(entry.productID)/\(text)"
            )
            cache.insert(entry.payload, of: release)
            releases.append(release)
        }
        self.init(releases: releases, cache: cache)
    }

    /// All releases of all products.
    public var releaseCount: Int { products.reduce(0) { $0 + $1.releases.count } }

    /// The product, or `nil` when there is no release of it.
    public func product(_ id: UInt16) -> Product? {
        var low = 0
        var high = products.count
        while low < high {
            let middle = low + (high - low) / 2
            let candidate = products[middle]
            if candidate.id == id { return candidate }
            if candidate.id < id { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The bytes of a release: exactly those that its digest says, or none.
    ///
    /// From memory when they are there, otherwise from the file, which is read and compared with the digest once.
    ///
    /// - Throws: ``PayloadError`` when the file is gone, unreadable or has other bytes by now. The next scan of the
    ///   folder brings the catalog up to date.
    public func payload(of release: Release) throws(PayloadError) -> [UInt8] {
        try cache.payload(of: release)
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
