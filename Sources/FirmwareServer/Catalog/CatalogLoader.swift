import FirmwareImage
import FirmwarePackaging
import HostSupport
import Synchronization

/// What a scan of the images folder found.
public struct CatalogRefresh: Sendable {
    /// The catalog as it is now.
    public let snapshot: CatalogSnapshot
    /// Whether ``snapshot`` differs from the one before.
    public let changed: Bool
    /// Releases that are new, or whose payload is.
    public let added: [Release]
    /// Releases that are gone, or whose payload is another now.
    public let removed: [Release]
    /// All that is not served, and why.
    public let problems: [CatalogProblem]
    /// Those of ``problems`` that the scan before did not have: what is worth a line in a log.
    public let newProblems: [CatalogProblem]
}

/// Finds the releases in an images folder, and finds out what changed in it.
///
/// A scan lists the folders and looks at the identity of every payload file (device, inode, size, times); it reads
/// only files that are new or changed. 5 000 releases cost a quarter of a second. Names that start with a dot
/// (staging folders of the tool that publishes, for example) and plain files beside the products' folders are left
/// alone. Whatever else is wrong is reported as a ``CatalogProblem`` and the rest is served.
///
/// Safe to use from any thread; scans wait for each other.
public final class CatalogLoader: Sendable {
    private struct Known {
        let identity: FileIdentity
        /// Whether `identity` was old enough, when the payload was read, to show every later change.
        let isSettled: Bool
        let release: Release
    }

    private struct State {
        var known: [String: Known] = [:]
        var problems: Set<CatalogProblem> = []
        var snapshot: CatalogSnapshot
    }

    /// The images folder.
    public let root: String
    public let limits: CatalogLimits
    private let cache: PayloadCache
    private let state: Mutex<State>

    /// - Parameters:
    ///   - root: The images folder. Nothing is read before the first ``refresh()``.
    ///   - limits: What may be served and kept in memory.
    public init(root: String, limits: CatalogLimits = CatalogLimits()) {
        self.root = root
        self.limits = limits
        cache = PayloadCache(limitBytes: limits.memoryBytes)
        state = Mutex(State(snapshot: CatalogSnapshot(releases: [], cache: cache)))
    }

    /// The catalog as the last scan found it; empty before the first.
    public var snapshot: CatalogSnapshot { state.withLock { $0.snapshot } }

    /// Bytes of payloads in memory now.
    public var residentBytes: Int { cache.residentBytes }

    /// Scans the folder.
    ///
    /// - Throws: ``FileFailure`` when the images folder itself cannot be listed. The catalog then stays what it was.
    public func refresh() throws(FileFailure) -> CatalogRefresh {
        let result = state.withLock { state -> Result<CatalogRefresh, FileFailure> in
            do throws(FileFailure) {
                return .success(try refresh(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func refresh(_ state: inout State) throws(FileFailure) -> CatalogRefresh {
        var scan = Scan(known: state.known)
        for name in try Folder.names(in: root).sorted() where !name.hasPrefix(".") {
            scanProduct(named: name, into: &scan)
        }

        let old = state.known
        let added = scan.found.values.filter { old[$0.release.path]?.release !== $0.release }.map(\.release)
        let removed = old.values.filter { scan.found[$0.release.path]?.release !== $0.release }.map(\.release)
        let changed = !added.isEmpty || !removed.isEmpty
        let problems = Set(scan.problems)
        let fresh = scan.problems.filter { !state.problems.contains($0) }
        state.known = scan.found
        state.problems = problems
        if changed {
            let releases = scan.found.values.map(\.release)
            cache.keepOnly(releases)
            state.snapshot = CatalogSnapshot(releases: releases, cache: cache)
        }
        return CatalogRefresh(
            snapshot: state.snapshot,
            changed: changed,
            added: added.sorted(by: inOrder),
            removed: removed.sorted(by: inOrder),
            problems: scan.problems,
            newProblems: fresh
        )
    }

    /// What a scan has found so far.
    private struct Scan {
        let known: [String: Known]
        var found: [String: Known] = [:]
        var problems: [CatalogProblem] = []
        var isFull = false
    }

    private func scanProduct(named name: String, into scan: inout Scan) {
        let folder = "\(root)/\(name)"
        // Plain files beside the products (a README) are nobody's mistake.
        guard (try? FileIdentity.of(folder).isDirectory) == true else { return }
        guard let productID = ReleaseLayout.productID(name.utf8) else {
            scan.problems.append(.badProductFolder(path: folder))
            return
        }
        do {
            for version in try Folder.names(in: folder).sorted() where !version.hasPrefix(".") {
                scanVersion(named: version, of: productID, in: folder, into: &scan)
            }
        } catch {
            scan.problems.append(.unreadable(error))
        }
    }

    private func scanVersion(named name: String, of productID: UInt16, in product: String, into scan: inout Scan) {
        guard !scan.isFull else { return }
        let folder = "\(product)/\(name)"
        guard let version = ReleaseLayout.version(name.utf8) else {
            let isFolder = (try? FileIdentity.of(folder).isDirectory) == true
            scan.problems.append(isFolder ? .badVersionFolder(path: folder) : .strayFile(path: folder))
            return
        }
        guard scan.found.count < limits.releases else {
            scan.isFull = true
            scan.problems.append(.tooManyReleases(path: folder, limit: limits.releases))
            return
        }
        let path = "\(folder)/\(ReleaseLayout.payloadName)"
        do {
            let identity = try FileIdentity.of(path)
            if let known = scan.known[path], known.isSettled, known.identity == identity {
                scan.found[path] = known
                return
            }
            let key = ReleaseKey(productID: productID, version: version, text: name, path: path)
            scan.found[path] = try load(key, identity, known: scan.known[path])
        } catch let problem as CatalogProblem {
            scan.problems.append(problem)
            // What is served stays whole while its file is being rewritten.
            if case .changedWhileRead = problem, let known = scan.known[path] { scan.found[path] = known }
        } catch let failure as FileFailure {
            scan.problems.append(failure.isNotFound ? .missingPayload(path: folder) : .unreadable(failure))
        } catch {
            scan.problems.append(.missingPayload(path: folder))
        }
    }

    private struct ReleaseKey {
        let productID: UInt16
        let version: ImageVersion
        let text: String
        let path: String
    }

    /// Reads a payload that is new, changed, or too young for its identity to be trusted.
    private func load(_ key: ReleaseKey, _ identity: FileIdentity, known: Known?) throws -> Known {
        guard identity.isRegularFile else { throw CatalogProblem.notAFile(path: key.path) }
        guard identity.sizeBytes > 0 else { throw CatalogProblem.emptyPayload(path: key.path) }
        guard identity.sizeBytes <= Int64(limits.payloadSizeBytes) else {
            throw CatalogProblem.payloadTooLarge(
                path: key.path,
                sizeBytes: identity.sizeBytes,
                limitBytes: limits.payloadSizeBytes
            )
        }
        let isSettled = identity.isSettled
        guard let contents = try AtomicFile.read(key.path, limit: limits.payloadSizeBytes),
            let description = PayloadDescription(of: contents.bytes),
            contents.identity == identity,
            contents.bytes.count == Int(identity.sizeBytes),
            try FileIdentity.of(key.path) == identity
        else { throw CatalogProblem.changedWhileRead(path: key.path) }

        // Only of what is an image: the catalog serves any payload.
        if let header = try? ImageHeader(decoding: contents.bytes.span.bytes), header.version != key.version {
            throw CatalogProblem.otherVersion(path: key.path, header: ReleaseLayout.text(header.version))
        }
        if let known, known.release.digest == description.digest {
            return Known(identity: identity, isSettled: isSettled, release: known.release)
        }
        let release = Release(
            productID: key.productID,
            version: key.version,
            versionText: key.text,
            payload: description,
            path: key.path
        )
        cache.insertIfRoom(contents.bytes, of: release)
        return Known(identity: identity, isSettled: isSettled, release: release)
    }
}

private func inOrder(_ left: Release, _ right: Release) -> Bool {
    (left.productID, left.version) < (right.productID, right.version)
}
