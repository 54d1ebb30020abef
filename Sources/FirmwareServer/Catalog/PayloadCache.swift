import FirmwarePackaging
import HostSupport
import Synchronization

/// Why the bytes of a release cannot be had just now.
public enum PayloadError: Error, Equatable, Sendable {
    /// The file has other bytes than the catalog says: it was replaced since the last scan.
    case changed(path: String)
    /// The system refused to read it.
    case unreadable(FileFailure)
}

/// Payloads in memory, up to a number of bytes; the least recently used ones go first.
///
/// A payload is read from its file as a whole, once, and compared with its release's digest; blocks are then cut from
/// the bytes in memory. Files are not mapped: a mapped file that is truncated by somebody kills the process.
public final class PayloadCache: Sendable {
    private struct State {
        var residentBytes = 0
        var residents: [Release] = []
    }

    /// Bytes of payloads that may be in memory (a single payload may be as long as this).
    public let limitBytes: Int
    private let state: Mutex<State>
    /// Counts loads. Releases remember the count at their last use, which orders them well enough and costs a reader
    /// one load of a value that hardly ever changes.
    private let clock = Atomic<UInt64>(1)

    /// - Parameter limitBytes: Bytes of payloads that may be in memory.
    public init(limitBytes: Int) {
        self.limitBytes = limitBytes
        state = Mutex(State())
    }

    /// Bytes of payloads in memory.
    public var residentBytes: Int { state.withLock { $0.residentBytes } }

    func payload(of release: Release) throws(PayloadError) -> [UInt8] {
        if let bytes = release.resident.withLock({ $0 }) {
            let now = clock.load(ordering: .relaxed)
            if release.lastUse.load(ordering: .relaxed) != now { release.lastUse.store(now, ordering: .relaxed) }
            return bytes
        }
        let bytes = try load(release)
        insert(bytes, of: release)
        return bytes
    }

    private func load(_ release: Release) throws(PayloadError) -> [UInt8] {
        let contents: (bytes: [UInt8], identity: FileIdentity)?
        do {
            contents = try AtomicFile.read(release.path, limit: Int(release.sizeBytes))
        } catch {
            throw .unreadable(error)
        }
        guard let bytes = contents?.bytes, bytes.count == Int(release.sizeBytes),
            PayloadDescription.digest(of: bytes) == release.digest
        else { throw .changed(path: release.path) }
        return bytes
    }

    /// Keeps `bytes` for `release` and drops what has to go for them.
    func insert(_ bytes: [UInt8], of release: Release) {
        let now = clock.wrappingAdd(1, ordering: .relaxed).newValue
        release.lastUse.store(now, ordering: .relaxed)
        guard bytes.count <= limitBytes else { return }
        state.withLock { state in
            // Two threads may have loaded the same payload; the second finds it here.
            let isNew = release.resident.withLock { resident in
                defer { resident = bytes }
                return resident == nil
            }
            guard isNew else { return }
            while state.residentBytes > limitBytes - bytes.count {
                guard let index = leastRecentlyUsed(state.residents) else { break }
                state.residentBytes -= Int(state.residents[index].sizeBytes)
                state.residents[index].resident.withLock { $0 = nil }
                state.residents.swapAt(index, state.residents.count - 1)
                state.residents.removeLast()
            }
            state.residents.append(release)
            state.residentBytes += bytes.count
        }
    }

    /// Keeps `bytes` for `release` if nothing else has to go for them.
    func insertIfRoom(_ bytes: [UInt8], of release: Release) {
        if residentBytes <= limitBytes - bytes.count { insert(bytes, of: release) }
    }

    /// Forgets releases that are no longer in the catalog. Their payloads stay with them for as long as a snapshot
    /// holds them, so that a transfer from such a snapshot stays whole.
    func keepOnly(_ releases: [Release]) {
        let kept = Set(releases.map(ObjectIdentifier.init))
        state.withLock { state in
            state.residents.removeAll { release in
                guard !kept.contains(ObjectIdentifier(release)) else { return false }
                state.residentBytes -= Int(release.sizeBytes)
                return true
            }
        }
    }

    private func leastRecentlyUsed(_ residents: [Release]) -> Int? {
        residents.indices.min {
            residents[$0].lastUse.load(ordering: .relaxed) < residents[$1].lastUse.load(ordering: .relaxed)
        }
    }
}
