import CoAP
import Dispatch
import HostSupport
import Synchronization

/// What came of asking for a part of a payload.
public enum PayloadRead: Equatable, Sendable {
    case done
    /// It is being fetched from a disk; to be asked for again.
    case notReady
    /// The file has other bytes than the catalog says, or cannot be read. The next scan says why.
    case unavailable
}

/// The bytes of payloads, for event loops that must not wait for a disk.
///
/// Payloads stay in their files, and in the system's page cache. A loop reads from the page cache only what is there
/// (`RWF_NOWAIT`); what is not, a thread of the store's own fetches. Windows of 8 KiB are kept here, as a download asks
/// for the blocks of a window one after another, and a system call per block is what a block costs most; their number
/// is bounded, whatever the catalog's size. Files are not mapped: a mapped file that is truncated by somebody kills the
/// process.
///
/// A window is taken only if size and time of the last write of its file are those of the file that was verified, seen
/// after reading: so no block of a file that was changed in place is ever served under the old ETag.
public final class PayloadStore: Sendable {
    /// Bytes of a window: a power of two, and a multiple of the largest block.
    static let windowBytes = 8 << 10
    /// Windows that are fetched at a time where the system does not tell what it has in memory.
    private static let windowsAhead: UInt32 = 8
    private static let prefetchBytes = 2 << 20

    private struct Window {
        /// 0: none.
        var release: UInt64 = 0
        var number: UInt32 = 0
        var bytes: [UInt8] = []
        /// The store's age when it was read last.
        var lastRead: UInt32 = 0
    }

    private final class Shard: Sendable {
        let windows: Mutex<[Window]>

        init(count: Int) {
            windows = Mutex([Window](repeating: Window(), count: count))
        }
    }

    private struct Fetch: Hashable {
        let release: UInt64
        let number: UInt32
    }

    private static let maximumFetches = 4096

    private let shards: [Shard]
    private let windowsPerShard: Int
    private let openFiles: OpenPayloads
    private let clock = Atomic<UInt64>(1)
    private let residents = Atomic<Int>(0)
    /// Calls of `forgetUnread`.
    private let age = Atomic<UInt32>(0)
    private let fetching = Mutex<Set<Fetch>>([])
    private let listeners = Mutex<[@Sendable () -> Void]>([])
    private let queue = DispatchQueue(label: "payloads")
    private let readsPageCache: Bool

    /// - Parameters:
    ///   - limitBytes: Bytes of windows that may be in memory.
    ///   - openFiles: Payload files that may be open at a time.
    ///   - readsPageCache: For tests: whether loops may read what the page cache has.
    package init(limitBytes: Int, openFiles: Int, readsPageCache: Bool = true) {
        let windows = max(limitBytes / PayloadStore.windowBytes, 1)
        let shardCount = min(windows, 64)
        windowsPerShard = windows / shardCount
        let perShard = windowsPerShard
        shards = (0..<shardCount).map { _ in Shard(count: perShard) }
        self.openFiles = OpenPayloads(limit: openFiles)
        self.readsPageCache = readsPageCache
    }

    /// Bytes of payloads in memory.
    public var residentBytes: Int { residents.load(ordering: .relaxed) * PayloadStore.windowBytes }

    /// Reads a part of a release's payload.
    ///
    /// - Parameters:
    ///   - release: The release.
    ///   - offset: Where the part begins.
    ///   - count: How many bytes, inside the payload and not across a multiple of 1024.
    ///   - block: Takes them at its beginning.
    /// - Returns: Whether they are there.
    func read(_ release: Release, at offset: Int, count: Int, into block: inout BlockBuffer) -> PayloadRead {
        switch release.source {
        case .memory(let bytes):
            block.copy(bytes, from: offset, count: count)
            return .done
        case .unavailable:
            return .unavailable
        case .file(let file):
            let number = UInt32(offset / PayloadStore.windowBytes)
            let result = place(release.id, number) { window in
                if window.release != release.id || window.number != number {
                    let filled = fill(&window, number, of: release, file)
                    guard filled == .done else { return filled }
                }
                block.copy(window.bytes, from: offset % PayloadStore.windowBytes, count: count)
                window.lastRead = age.load(ordering: .relaxed)
                return .done
            }
            if result == .notReady {
                fetch(number, of: release, file)
            } else if !file.tellsWhatIsCached.load(ordering: .relaxed) {
                fetchAhead(of: offset, release, file)
            }
            return result
        }
    }

    /// Has something told each time that a fetch has come to its end, on the store's own thread.
    func whenFetched(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.append(listener) }
    }

    /// Counts a file that the loader has opened.
    func admit(_ file: PayloadFile) { openFiles.admit(file) }

    /// Whether an opened file would have another one closed.
    var isFull: Bool { openFiles.isFull }

    /// Forgets the files and the bytes of releases that are no longer in the catalog.
    func keepOnly(_ releases: [Release]) {
        let numbers = Set(releases.map(\.id))
        for shard in shards { shard.windows.withLock { forget(in: &$0) { !numbers.contains($0.release) } } }
        let kept = Set(releases.compactMap { $0.file.map(ObjectIdentifier.init) })
        openFiles.keep { kept.contains(ObjectIdentifier($0)) }
    }

    /// Forgets the bytes that nobody has read since the last call but one: what many devices download stays, and what
    /// somebody asked for once does not. To be called every half minute or so.
    package func forgetUnread() {
        let now = age.wrappingAdd(1, ordering: .relaxed).newValue
        for shard in shards { shard.windows.withLock { forget(in: &$0) { now &- $0.lastRead > 1 } } }
    }

    private func place<Result: Sendable>(
        _ release: UInt64,
        _ number: UInt32,
        _ body: (inout Window) -> Result
    ) -> Result {
        // Neighbours lie in different shards, so that loops seldom meet.
        let mixed = (release &* 0x9E37_79B9_7F4A_7C15) ^ (UInt64(number) &* 0xD6E8_FEB8_6659_FD93)
        let hash = Int(truncatingIfNeeded: (mixed ^ (mixed >> 32)) & 0x7FFF_FFFF)
        let index = hash / shards.count % windowsPerShard
        return shards[hash % shards.count].windows.withLock { body(&$0[index]) }
    }

    /// Fills a window from the page cache.
    private func fill(
        _ window: inout Window,
        _ number: UInt32,
        of release: Release,
        _ file: PayloadFile
    ) -> PayloadRead {
        guard readsPageCache, let handle = file.handle, file.tellsWhatIsCached.load(ordering: .relaxed) else {
            return .notReady
        }
        let start = Int(number) * PayloadStore.windowBytes
        let count = min(PayloadStore.windowBytes, Int(release.sizeBytes) - start)
        makeRoom(in: &window)
        do throws(FileFailure) {
            switch try handle.readCached(at: start, into: &window.bytes, count: count) {
            case .read(count): break
            case .read: return .unavailable
            case .notCached: return .notReady
            case .unsupported:
                guard handle.file.isInMemory() else {
                    file.tellsWhatIsCached.store(false, ordering: .relaxed)
                    return .notReady
                }
                guard try handle.read(at: start, into: &window.bytes, count: count) == count else {
                    return .unavailable
                }
            }
        } catch {
            return .unavailable
        }
        guard file.isUnchanged(handle) else { return .unavailable }
        file.lastUse.store(clock.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
        window.release = release.id
        window.number = number
        window.lastRead = age.load(ordering: .relaxed)
        return .done
    }

    /// Empties a window, and gives one that never had bytes its memory.
    private func makeRoom(in window: inout Window) {
        window.release = 0
        guard window.bytes.isEmpty else { return }
        window.bytes = [UInt8](repeating: 0, count: PayloadStore.windowBytes)
        residents.wrappingAdd(1, ordering: .relaxed)
    }

    // MARK: Off the loops

    private func forget(in windows: inout [Window], _ isForgotten: (Window) -> Bool) {
        for index in windows.indices where !windows[index].bytes.isEmpty && isForgotten(windows[index]) {
            windows[index] = Window()
            residents.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    private func fetchAhead(of offset: Int, _ release: Release, _ file: PayloadFile) {
        // In time for the group after this one, at the first block of the window before the group's last.
        let number = UInt32(offset / PayloadStore.windowBytes)
        let next = number + 2
        guard offset.isMultiple(of: PayloadStore.windowBytes), next.isMultiple(of: PayloadStore.windowsAhead),
            Int(next) * PayloadStore.windowBytes < Int(release.sizeBytes)
        else { return }
        let isThere = place(release.id, next) { $0.release == release.id && $0.number == next }
        if !isThere { fetch(next, of: release, file) }
    }

    private func fetch(_ number: UInt32, of release: Release, _ file: PayloadFile) {
        let entry = Fetch(release: release.id, number: number)
        let isNew = fetching.withLock { fetching in
            guard fetching.count < PayloadStore.maximumFetches else { return false }
            return fetching.insert(entry).inserted
        }
        guard isNew else { return }
        queue.async {
            self.load(number, of: release, file)
            self.fetching.withLock { _ = $0.remove(entry) }
            for listener in self.listeners.withLock({ $0 }) { listener() }
        }
    }

    /// Reads windows from the disk into memory. On the store's own thread.
    private func load(_ first: UInt32, of release: Release, _ file: PayloadFile) {
        guard let handle = file.handle ?? (try? file.open()) else { return }
        admit(file)
        let start = Int(first) * PayloadStore.windowBytes
        handle.file.prefetch(at: start, count: PayloadStore.prefetchBytes)
        var bytes = [UInt8](repeating: 0, count: PayloadStore.windowBytes)
        // The one that was asked for comes last: two of these may share a place, and it must be there when it is asked
        // for again.
        for number in (first..<(first + PayloadStore.windowsAhead)).reversed() {
            let start = Int(number) * PayloadStore.windowBytes
            let count = min(PayloadStore.windowBytes, Int(release.sizeBytes) - start)
            guard count > 0 else { continue }
            guard (try? handle.read(at: start, into: &bytes, count: count)) == count,
                file.isUnchanged(handle)
            else { return }
            place(release.id, number) { window in
                makeRoom(in: &window)
                window.bytes = bytes
                window.release = release.id
                window.number = number
                window.lastRead = age.load(ordering: .relaxed)
            }
        }
    }
}

/// Room for one block of a payload.
struct BlockBuffer {
    private var storage = InlineArray<1024, UInt8>(repeating: 0)

    /// The first `count` bytes.
    @_lifetime(borrow self)
    borrowing func bytes(first count: Int) -> RawSpan {
        storage.span.bytes.extracting(first: count)
    }

    mutating func copy(_ source: [UInt8], from offset: Int, count: Int) {
        var span = storage.mutableSpan
        span.withUnsafeMutableBytes { target in
            source.withUnsafeBytes { source in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
            }
        }
    }
}
