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
/// A scan lists the folders that have changed and looks at the identity of every file (device, inode, size, times); it
/// reads only files that are new or changed. Names that start with a dot (staging folders of the tool that publishes,
/// for example) and plain files beside the products' folders are left alone. Whatever else is wrong is reported as a
/// ``CatalogProblem`` and the rest is served.
///
/// What could not be looked at stays as it was. A release that was served and is not found any more is served until its
/// absence is certain: five looks in a row over ten seconds, its withdrawal by name, or an operator who says so. One
/// whose file fails a check keeps its place without its bytes: an older release is never offered in its stead.
///
/// Safe to use from any thread; scans wait for each other, and nobody waits for a scan.
public final class CatalogLoader: Sendable {
    private struct State {
        var releases: [ReleaseKey: KnownRelease] = [:]
        var folders: [UInt16: KnownFolder] = [:]
        var problems: Set<CatalogProblem> = []
    }

    /// The images folder.
    public let root: String
    /// What may be served.
    public let limits: CatalogLimits
    let store: PayloadStore
    private let state = Mutex(State())
    private let latest: Mutex<CatalogSnapshot>

    /// - Parameters:
    ///   - root: The images folder. Nothing is read before the first ``refresh(at:isConfirmed:)``.
    ///   - limits: What may be served and kept in memory.
    public convenience init(root: String, limits: CatalogLimits = CatalogLimits()) {
        let store = PayloadStore(limitBytes: limits.memoryBytes, openFiles: limits.openFiles)
        self.init(root: root, limits: limits, store: store)
    }

    package init(root: String, limits: CatalogLimits, store: PayloadStore) {
        self.root = root
        self.limits = limits
        self.store = store
        latest = Mutex(CatalogSnapshot(releases: [], store: store))
    }

    /// The catalog as the last scan found it; empty before the first.
    public var snapshot: CatalogSnapshot { latest.withLock { $0 } }

    /// Bytes of payloads in memory now.
    public var residentBytes: Int { store.residentBytes }

    /// Scans the folder.
    ///
    /// - Parameters:
    ///   - now: Time on any clock that goes forward.
    ///   - isConfirmed: Whether somebody says that what is not there is meant to be gone.
    /// - Returns: The catalog and what changed in it.
    /// - Throws: ``FileFailure`` when the images folder itself cannot be listed. The catalog then stays what it was.
    public func refresh(at now: Duration, isConfirmed: Bool = false) throws(FileFailure) -> CatalogRefresh {
        let result = state.withLock { state -> Result<CatalogRefresh, FileFailure> in
            Result { () throws(FileFailure) in try refresh(&state, at: now, isConfirmed: isConfirmed) }
        }
        return try result.get()
    }

    /// Scans the folder now.
    ///
    /// - Throws: As ``refresh(at:isConfirmed:)``.
    public func refresh() throws(FileFailure) -> CatalogRefresh {
        try refresh(at: Uptime.now)
    }

    private func refresh(
        _ state: inout State,
        at now: Duration,
        isConfirmed: Bool
    ) throws(FileFailure) -> CatalogRefresh {
        var scan = CatalogScan(
            limits: limits,
            inspector: ReleaseInspector(root: root, limits: limits, store: store),
            releases: state.releases,
            folders: state.folders
        )
        try scan.walk(try OpenFolder(root))
        let old = state.releases
        var (found, problems) = (scan.releases, scan.problems)
        for (key, known) in old.sorted(by: { ReleaseKey.inOrder($0.key, $1.key) }) where found[key] == nil {
            guard !scan.unseen.contains(key.productID) else {
                found[key] = known
                continue
            }
            let absent = known.absent(at: now)
            guard let release = known.release, !isConfirmed, !scan.isWithdrawn(key),
                absent.absence?.isCertain(at: now) != true
            else { continue }
            found[key] = absent
            problems.append(.absent(path: release.path))
        }
        let fresh = problems.filter { !state.problems.contains($0) }
        let (added, removed) = CatalogLoader.difference(from: old, to: found)
        let changed = old.count != found.count || found.contains { old[$0.key]?.release !== $0.value.release }
        state.releases = found
        state.folders = scan.folders
        state.problems = Set(problems)
        if changed {
            let releases = found.values.compactMap(\.release)
            store.keepOnly(releases)
            let snapshot = CatalogSnapshot(releases: releases, store: store)
            latest.withLock { $0 = snapshot }
        }
        return CatalogRefresh(
            snapshot: snapshot,
            changed: changed,
            added: added,
            removed: removed,
            problems: problems,
            newProblems: fresh
        )
    }

    /// Releases whose payload can be had now and could not before, and the other way round.
    private static func difference(
        from old: [ReleaseKey: KnownRelease],
        to new: [ReleaseKey: KnownRelease]
    ) -> (added: [Release], removed: [Release]) {
        func available(_ known: KnownRelease?) -> Release? {
            known?.release.flatMap { $0.isAvailable ? $0 : nil }
        }
        func missing(in others: [ReleaseKey: KnownRelease], from all: [ReleaseKey: KnownRelease]) -> [Release] {
            all.filter { key, known in available(known).map { $0 !== available(others[key]) } ?? false }
                .sorted { ReleaseKey.inOrder($0.key, $1.key) }
                .compactMap(\.value.release)
        }
        return (missing(in: old, from: new), missing(in: new, from: old))
    }
}
