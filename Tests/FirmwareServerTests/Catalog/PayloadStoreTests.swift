import FirmwareServer
import Foundation
import TestSupport
import Testing

/// Payloads stay in their files: memory and descriptors are bounded, and nothing is read from a disk on the thread that
/// answers.
@Suite(.timeLimit(.minutes(15))) struct PayloadStoreTests {
    @Test func memoryIsBoundedWhateverTheCatalogsSize() throws {
        let folder = try TemporaryFolder()
        var payloads: [UInt16: [UInt8]] = [:]
        for product in UInt16(0)..<40 {
            payloads[product] = try folder.release(product, "1.0.0", bytes: 100_000, seed: UInt64(product))
        }
        let limit = 256 << 10
        let loader = CatalogLoader(root: folder.path, limits: CatalogLimits(memoryBytes: limit))
        let served = Served(try loader.refresh().snapshot)
        for _ in 0..<2 {
            for (product, payload) in payloads {
                #expect(served.download("fw/\(product)") == payload)
                #expect(loader.residentBytes <= limit)
            }
        }
        #expect(loader.residentBytes > limit / 2)
    }

    /// What somebody asked for once does not stay in memory, and what is asked for again and again does.
    @Test func whatNobodyReadsLeavesMemory() throws {
        let folder = try TemporaryFolder()
        let store = PayloadStore(limitBytes: 1 << 20, openFiles: 100)
        let loader = CatalogLoader(root: folder.path, limits: CatalogLimits(), store: store)
        let payload = try folder.release(7, "1.0.0", bytes: 100_000)
        let other = try folder.release(8, "1.0.0", bytes: 200_000)
        let served = Served(try loader.refresh().snapshot)
        #expect(served.download("fw/7") == payload)
        let small = loader.residentBytes
        #expect(served.download("fw/8") == other)
        #expect(loader.residentBytes > small + 100_000)
        for _ in 0..<3 {
            store.forgetUnread()
            #expect(served.download("fw/7") == payload)
        }
        #expect(loader.residentBytes == small)
        for _ in 0..<2 { store.forgetUnread() }
        #expect(loader.residentBytes == 0)
        #expect(served.download("fw/8") == other)
    }

    /// Releases that come and go leave nothing in memory.
    @Test func whatIsWithdrawnLeavesMemory() throws {
        let folder = try TemporaryFolder()
        let loader = CatalogLoader(root: folder.path)
        let payload = try folder.release(7, "1.0.0", bytes: 100_000)
        try folder.release(8, "1.0.0", bytes: 200_000)
        let served = Served(try loader.refresh().snapshot)
        #expect(served.download("fw/7") == payload)
        let before = loader.residentBytes
        #expect(served.download("fw/8") != nil)
        #expect(loader.residentBytes > before + 150_000)
        try folder.remove("8")
        served.resources.catalog = try loader.refresh(at: .zero, isConfirmed: true).snapshot
        #expect(loader.residentBytes == before)
        #expect(served.download("fw/7") == payload)
    }

    /// A catalog of more releases than files may be open: the first request for one that is closed is answered a moment
    /// later, off the thread that asks.
    @Test func descriptorsAreBounded() throws {
        let folder = try TemporaryFolder()
        var payloads: [UInt16: [UInt8]] = [:]
        for product in UInt16(0)..<60 {
            payloads[product] = try folder.release(product, "1.0.0", bytes: 20_000, seed: UInt64(product))
        }
        let limits = CatalogLimits(memoryBytes: 64 << 10, openFiles: 10)
        let loader = CatalogLoader(root: folder.path, limits: limits)
        let served = Served(try loader.refresh().snapshot)
        #expect(openPayloads(in: folder) == 10)
        for (product, payload) in payloads {
            #expect(served.download("fw/\(product)") == payload)
            #expect(openPayloads(in: folder) <= 11)
        }
        // What the catalog does not have any more is closed.
        for product in 0..<60 { try folder.remove("\(product)") }
        served.resources.catalog = try loader.refresh(at: .zero, isConfirmed: true).snapshot
        #expect(openPayloads(in: folder) <= 1)
    }

    /// Where the system does not tell what it has in memory, blocks come from the store's own, filled by its thread.
    @Test func withoutThePageCacheBlocksAreFetchedAside() throws {
        let folder = try TemporaryFolder()
        let payload = try folder.release(7, "1.0.0", bytes: 300_000)
        let limits = CatalogLimits(memoryBytes: 1 << 20)
        let store = PayloadStore(limitBytes: limits.memoryBytes, openFiles: 10, readsPageCache: false)
        let loader = CatalogLoader(root: folder.path, limits: limits, store: store)
        let served = Served(try loader.refresh().snapshot)
        // Nothing is in memory yet, and the request does not wait for it.
        #expect(served.reply(Request("fw/7").block(0, szx: 6)) == nil)
        #expect(served.download("fw/7") == payload)
    }

    /// Files that a disk has to fetch first: no request waits, and the download comes to its end.
    @Test func coldFilesAreFetchedAside() throws {
        let folder = try TemporaryFolder()
        let payload = try folder.release(7, "1.0.0", bytes: 3_000_000)
        let loader = CatalogLoader(root: folder.path)
        let served = Served(try loader.refresh().snapshot)
        let descriptor = open("\(folder.path)/7/1.0.0/firmware.bin", O_RDONLY)
        #expect(fsync(descriptor) == 0)
        #expect(posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0)
        close(descriptor)
        #expect(served.download("fw/7") == payload)
    }

    /// Blocks from files cost what blocks from memory do: one loop's share of a server is some 7 µs a request.
    @Test func warmBlocksAreCheap() throws {
        let folder = try TemporaryFolder()
        let payload = try folder.release(7, "1.0.0", bytes: 131_072)
        let files = Served(try CatalogLoader(root: folder.path).refresh().snapshot)
        let memory = Served(CatalogSnapshot(inMemory: [(7, Served.version(1, 0), payload)]))
        let request = (0..<128).map { Request("fw/7").block(UInt32($0), szx: 6).bytes }
        let clock = ContinuousClock()
        func cost(_ served: Served) -> Duration {
            (0..<7).map { _ in clock.measure { for index in 0..<2560 { _ = served.bytes(request[index % 128]) } } / 2560
            }
            .min() ?? .zero
        }
        let (fromFiles, fromMemory) = (cost(files), cost(memory))
        print("a block from a file \(fromFiles), from memory \(fromMemory)")
        #expect(fromFiles < fromMemory + .microseconds(2))
    }

    private func openPayloads(in folder: TemporaryFolder) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.count { name in
            let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) ?? ""
            return target.hasPrefix(folder.path)
        }
    }
}
