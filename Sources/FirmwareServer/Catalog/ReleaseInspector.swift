import FirmwareImage
import FirmwarePackaging
import FirmwareText
import HostSupport

/// Checks the files of one release: that the payload is a whole and signed image, of this version, for this product,
/// and what its publisher published. Reads all of the payload, so not on a thread that serves.
struct ReleaseInspector {
    let root: String
    let limits: CatalogLimits
    let store: PayloadStore

    /// What a check came to.
    enum Result {
        case found(KnownRelease)
        /// The version's folder, or the payload in it, is not there.
        case missing(CatalogProblem)
        /// It could not be looked at, or was written to meanwhile: what was known stays.
        case unknown(CatalogProblem)
    }

    /// - Parameters:
    ///   - key: The release.
    ///   - product: The product's folder.
    ///   - known: What was known of it.
    /// - Returns: What was found.
    func inspect(_ key: ReleaseKey, in product: OpenFolder, known: KnownRelease?) -> Result {
        let name = ReleaseLayout.text(key.version)
        let path = "\(product.path)/\(name)"
        do throws(FileFailure) {
            let entry = try product.identity(of: name)
            if entry.isSymbolicLink { return .missing(.symbolicLink(path: path)) }
            let folder = try product.folder(name)
            let file = try folder.identity(of: ReleaseLayout.payloadName)
            if let problem = problem(of: file, "\(path)/\(ReleaseLayout.payloadName)") {
                return refused(problem, ReleaseIdentity(payload: file, digest: nil), known)
            }
            let handle = SharedFile(try folder.file(ReleaseLayout.payloadName))
            let digest = try PublishedDigest(in: folder)
            return try inspect(key, handle, digest, "\(path)/\(ReleaseLayout.payloadName)", known)
        } catch {
            return error.isNotFound ? .missing(.missingPayload(path: path)) : .unknown(.unreadable(error))
        }
    }

    private func problem(of file: FileIdentity, _ path: String) -> CatalogProblem? {
        if file.isSymbolicLink { return .symbolicLink(path: path) }
        guard file.isRegularFile else { return .notAFile(path: path) }
        guard file.sizeBytes > 0 else { return .emptyPayload(path: path) }
        guard file.sizeBytes <= Int64(limits.payloadSizeBytes) else {
            return .payloadTooLarge(path: path, sizeBytes: file.sizeBytes, limitBytes: limits.payloadSizeBytes)
        }
        return nil
    }

    private func inspect(
        _ key: ReleaseKey,
        _ handle: SharedFile,
        _ digest: PublishedDigest,
        _ path: String,
        _ known: KnownRelease?
    ) throws(FileFailure) -> Result {
        let before = try handle.file.identity()
        let identity = ReleaseIdentity(payload: before, digest: digest.identity)
        let isSettled = identity.isSettled
        // Once more, of what is open: the name may stand for another file by now.
        if let problem = problem(of: before, path) { return refused(problem, identity, known) }
        let inspection: PayloadInspection
        do {
            inspection = try PayloadInspection(handle, sizeBytes: UInt32(before.sizeBytes))
        } catch {
            guard try handle.file.identity() == before else { return .unknown(.changedWhileRead(path: path)) }
            switch error {
            case .file(let failure): throw failure
            case .changed: return .unknown(.changedWhileRead(path: path))
            case .unsigned: return refused(.unsigned(path: path), identity, known)
            case .image(let error): return refused(.notAnImage(path: path, reason: error.text), identity, known)
            }
        }
        guard try handle.file.identity() == before else { return .unknown(.changedWhileRead(path: path)) }
        if let problem = problem(of: inspection, key, digest, path) { return refused(problem, identity, known) }

        let release = release(key, inspection.payload, before, handle, path, known)
        return .found(KnownRelease(identity: identity, isSettled: isSettled, finding: .served(release)))
    }

    private func problem(
        of inspection: PayloadInspection,
        _ key: ReleaseKey,
        _ digest: PublishedDigest,
        _ path: String
    ) -> CatalogProblem? {
        guard inspection.image.version == key.version else {
            return .otherVersion(path: path, header: ReleaseLayout.text(inspection.image.version))
        }
        if let product = inspection.image.productID, product != key.productID {
            return .otherProduct(path: path, image: product)
        }
        switch digest {
        case .none: return nil
        case .unreadable: return .otherDigest(path: path)
        case .published(let digest, _): return digest == inspection.payload.digest ? nil : .otherDigest(path: path)
        }
    }

    private func refused(_ problem: CatalogProblem, _ identity: ReleaseIdentity, _ known: KnownRelease?) -> Result {
        let kept: Release? = known?.release.map { $0.isAvailable ? $0.withoutPayload() : $0 }
        return .found(
            KnownRelease(identity: identity, isSettled: identity.isSettled, finding: .refused(problem, kept))
        )
    }

    /// The release that was there before, if it has the same bytes.
    private func release(
        _ key: ReleaseKey,
        _ payload: PayloadDescription,
        _ identity: FileIdentity,
        _ handle: SharedFile,
        _ path: String,
        _ known: KnownRelease?
    ) -> Release {
        let handle = store.isFull ? nil : handle
        if let same = known?.release, same.digest == payload.digest, let file = same.file {
            file.renew(handle, verified: identity)
            if handle != nil { store.admit(file) }
            return same
        }
        let file = PayloadFile(
            root: root,
            folders: ["\(key.productID)", ReleaseLayout.text(key.version)],
            verified: identity
        )
        file.renew(handle, verified: identity)
        if handle != nil { store.admit(file) }
        return Release(
            productID: key.productID,
            version: key.version,
            payload: payload,
            path: path,
            source: .file(file)
        )
    }
}

/// What the publisher said of the payload.
private enum PublishedDigest {
    case none
    case published(SHA256Digest, FileIdentity)
    /// There is a file, and no digest in it.
    case unreadable(FileIdentity)

    init(in folder: OpenFolder) throws(FileFailure) {
        let identity: FileIdentity
        do {
            identity = try folder.identity(of: ReleaseLayout.digestName)
        } catch {
            guard error.isNotFound else { throw error }
            self = .none
            return
        }
        guard identity.isRegularFile else {
            self = .unreadable(identity)
            return
        }
        let text = try folder.file(ReleaseLayout.digestName)
            .readAll(expecting: Int(identity.sizeBytes), limit: ReleaseDigestFile.maximumSizeBytes)
        if let digest = text.flatMap({ ReleaseDigestFile.digest(in: $0) }) {
            self = .published(digest, identity)
        } else {
            self = .unreadable(identity)
        }
    }

    var identity: FileIdentity? {
        switch self {
        case .none: nil
        case .published(_, let identity), .unreadable(let identity): identity
        }
    }
}
