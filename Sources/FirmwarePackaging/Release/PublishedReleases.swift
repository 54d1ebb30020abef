import FirmwareImage
import HostSupport

/// A release in an images folder.
public struct PublishedRelease: Equatable, Sendable {
    /// The product, 0…65535.
    public let productID: UInt16
    /// The version that its folder names.
    public let version: ImageVersion
    /// Whether it was withdrawn: kept, and not served.
    public let isWithdrawn: Bool
    /// The payload file.
    public let path: String
    /// Bytes of the payload.
    public let sizeBytes: Int64
}

/// The releases in an images folder, for people.
public struct PublishedReleases: Sendable {
    /// The images folder.
    public let root: String

    /// - Parameter root: The images folder.
    public init(root: String) {
        self.root = root
    }

    /// All releases, products and versions ascending. What is no release is left out.
    ///
    /// - Parameter productID: Only of this product; `nil`: of all.
    /// - Returns: The releases.
    /// - Throws: ``PublishError`` when a folder cannot be listed.
    public func list(productID: UInt16? = nil) throws(PublishError) -> [PublishedRelease] {
        do throws(FileFailure) {
            let products = try Folder.names(in: root).compactMap { ReleaseLayout.productID($0.utf8) }
                .filter { productID == nil || $0 == productID }
            var releases: [PublishedRelease] = []
            for product in products.sorted() { releases += try self.releases(of: product) }
            return releases
        } catch {
            throw .file(error)
        }
    }

    private func releases(of productID: UInt16) throws(FileFailure) -> [PublishedRelease] {
        let folder = "\(root)/\(productID)"
        var releases: [PublishedRelease] = []
        for name in try Folder.names(in: folder) {
            let isWithdrawn = name.hasPrefix(ReleaseLayout.withdrawnPrefix)
            let text = name.dropFirst(isWithdrawn ? ReleaseLayout.withdrawnPrefix.count : 0)
            let path = "\(folder)/\(name)/\(ReleaseLayout.payloadName)"
            guard let version = ReleaseLayout.version(text.utf8), let file = try? FileIdentity.of(path),
                file.isRegularFile
            else { continue }
            releases.append(
                PublishedRelease(
                    productID: productID,
                    version: version,
                    isWithdrawn: isWithdrawn,
                    path: path,
                    sizeBytes: file.sizeBytes
                )
            )
        }
        return releases.sorted { $0.version < $1.version }
    }

    /// Takes a release out of service at once; its files are kept. The highest version that is left is the current one.
    ///
    /// - Parameters:
    ///   - productID: The product.
    ///   - version: The version.
    /// - Throws: ``PublishError``.
    public func withdraw(productID: UInt16, version: ImageVersion) throws(PublishError) {
        let name = ReleaseLayout.text(version)
        try rename(productID, from: name, to: ReleaseLayout.withdrawnPrefix + name) { .notPublished(path: $0) }
    }

    /// Puts a release that was withdrawn back into service.
    ///
    /// - Parameters:
    ///   - productID: The product.
    ///   - version: The version.
    /// - Throws: ``PublishError``.
    public func restore(productID: UInt16, version: ImageVersion) throws(PublishError) {
        let name = ReleaseLayout.text(version)
        try rename(productID, from: ReleaseLayout.withdrawnPrefix + name, to: name) { _ in
            .notWithdrawn(path: "\(root)/\(productID)/\(name)")
        }
    }

    private func rename(
        _ productID: UInt16,
        from old: String,
        to new: String,
        missing: (String) -> PublishError
    ) throws(PublishError) {
        let product = "\(root)/\(productID)"
        do throws(FileFailure) {
            try Folder.rename("\(product)/\(old)", to: "\(product)/\(new)")
            try Folder.sync(product)
        } catch {
            if error.isNotFound { throw missing("\(product)/\(old)") }
            throw error.isNotEmpty ? .alreadyPublished(path: "\(product)/\(new)") : .file(error)
        }
    }
}
