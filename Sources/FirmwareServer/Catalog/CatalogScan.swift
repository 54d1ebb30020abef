import FirmwareImage
import FirmwarePackaging
import HostSupport

/// A product's folder as it was listed.
struct KnownFolder {
    let identity: FileIdentity
    /// Whether `identity` would show every later change of the list.
    let isSettled: Bool
    /// Highest version first.
    let versions: [ImageVersion]
    let withdrawn: Set<ImageVersion>
    let problems: [CatalogProblem]
}

/// One walk through the images folder.
///
/// What has not changed costs three system calls per release, and no file is opened. No symbolic link is followed below
/// the images folder.
struct CatalogScan {
    let limits: CatalogLimits
    let inspector: ReleaseInspector
    let knownReleases: [ReleaseKey: KnownRelease]
    let knownFolders: [UInt16: KnownFolder]

    private(set) var releases: [ReleaseKey: KnownRelease] = [:]
    private(set) var folders: [UInt16: KnownFolder] = [:]
    private(set) var problems: [CatalogProblem] = []
    /// Products that could not be looked at.
    private(set) var unseen: Set<UInt16> = []
    private var isFull = false

    init(
        limits: CatalogLimits,
        inspector: ReleaseInspector,
        releases: [ReleaseKey: KnownRelease],
        folders: [UInt16: KnownFolder]
    ) {
        self.limits = limits
        self.inspector = inspector
        knownReleases = releases
        knownFolders = folders
    }

    /// Whether a release was withdrawn by name.
    func isWithdrawn(_ key: ReleaseKey) -> Bool {
        folders[key.productID]?.withdrawn.contains(key.version) == true
    }

    mutating func walk(_ root: OpenFolder) throws(FileFailure) {
        for name in try root.names().sorted() where !name.hasPrefix(".") {
            walkProduct(named: name, in: root)
        }
    }

    private mutating func walkProduct(named name: String, in root: OpenFolder) {
        let path = "\(root.path)/\(name)"
        let productID = ReleaseLayout.productID(name.utf8)
        do throws(FileFailure) {
            let identity = try root.identity(of: name)
            // Plain files beside the products (a README) are nobody's mistake.
            guard identity.isDirectory || identity.isSymbolicLink else { return }
            guard let productID else { return problems.append(.badProductFolder(path: path)) }
            guard identity.isDirectory else { return problems.append(.symbolicLink(path: path)) }
            var opened: OpenFolder?
            let folder = try list(productID, identity, root, name, &opened)
            folders[productID] = folder
            problems += folder.problems
            for version in folder.versions {
                try walkVersion(ReleaseKey(productID: productID, version: version), root, name, &opened)
            }
        } catch {
            // Away in the middle of the walk is away; anything else says nothing of what is there.
            if error.isNotFound { return }
            problems.append(.unreadable(error))
            if let productID { unseen.insert(productID) }
        }
    }

    /// What is in a product's folder; listed only if it has changed.
    private func list(
        _ productID: UInt16,
        _ identity: FileIdentity,
        _ root: OpenFolder,
        _ name: String,
        _ opened: inout OpenFolder?
    ) throws(FileFailure) -> KnownFolder {
        if let known = knownFolders[productID], known.isSettled, known.identity == identity { return known }
        let folder = try root.folder(name)
        opened = folder
        let isSettled = identity.isSettled
        var versions: [ImageVersion] = []
        var withdrawn: Set<ImageVersion> = []
        var problems: [CatalogProblem] = []
        for entry in try folder.names() {
            if entry.hasPrefix(ReleaseLayout.withdrawnPrefix) {
                let text = entry.dropFirst(ReleaseLayout.withdrawnPrefix.count)
                if let version = ReleaseLayout.version(text.utf8) { withdrawn.insert(version) }
            } else if entry.hasPrefix(".") {
                continue
            } else if let version = ReleaseLayout.version(entry.utf8) {
                versions.append(version)
            } else {
                let isFolder = (try? folder.identity(of: entry).isDirectory) == true
                let path = "\(folder.path)/\(entry)"
                problems.append(isFolder ? .badVersionFolder(path: path) : .strayFile(path: path))
            }
        }
        return KnownFolder(
            identity: identity,
            isSettled: isSettled,
            versions: versions.sorted(by: >),
            withdrawn: withdrawn.subtracting(versions),
            problems: problems.sorted { $0.path < $1.path }
        )
    }

    private mutating func walkVersion(
        _ key: ReleaseKey,
        _ root: OpenFolder,
        _ product: String,
        _ opened: inout OpenFolder?
    ) throws(FileFailure) {
        guard !isFull else { return }
        guard releases.count < limits.releases else {
            isFull = true
            let path = "\(root.path)/\(product)/\(ReleaseLayout.text(key.version))"
            return problems.append(.tooManyReleases(path: path, limit: limits.releases))
        }
        let known = knownReleases[key]
        if let known, known.isSettled, isUnchanged(known, root, "\(product)/\(ReleaseLayout.text(key.version))") {
            if let problem = known.problem { problems.append(problem) }
            releases[key] = known.present()
            return
        }
        if opened == nil { opened = try root.folder(product) }
        guard let folder = opened else { return }
        switch inspector.inspect(key, in: folder, known: known) {
        case .found(let found):
            if let problem = found.problem { problems.append(problem) }
            releases[key] = found
        case .missing(let problem):
            // Whether it is gone, several looks decide.
            problems.append(problem)
        case .unknown(let problem):
            problems.append(problem)
            releases[key] = known
        }
    }

    /// Whether the files are those that were checked. Anything else, an error too, is for the inspector to name.
    private func isUnchanged(_ known: KnownRelease, _ root: OpenFolder, _ folder: String) -> Bool {
        guard let payload = try? root.identity(of: "\(folder)/\(ReleaseLayout.payloadName)"),
            payload == known.identity.payload
        else { return false }
        do throws(FileFailure) {
            let digest = try root.identity(of: "\(folder)/\(ReleaseLayout.digestName)")
            return digest == known.identity.digest
        } catch {
            return error.isNotFound && known.identity.digest == nil
        }
    }
}
