import Crypto
import FirmwareImage
import FirmwareServer
import Foundation
import HostSupport
import TestSupport
import Testing

@Suite struct CatalogLoaderTests {
    private func loader(_ folder: TemporaryFolder, _ limits: CatalogLimits = CatalogLimits()) -> CatalogLoader {
        CatalogLoader(root: folder.path, limits: limits)
    }

    @Test func theHighestVersionIsCurrent() throws {
        let folder = try TemporaryFolder()
        for version in ["1.9.0", "1.10.0", "1.10.0+2", "1.2.0"] {
            try folder.write(Array(version.utf8), to: "7/\(version)/firmware.bin")
        }
        let refresh = try loader(folder).refresh()
        #expect(refresh.changed)
        #expect(refresh.problems.isEmpty)
        let product = try #require(refresh.snapshot.product(7))
        #expect(product.current.versionText == "1.10.0+2")
        #expect(product.releases.map(\.versionText) == ["1.2.0", "1.9.0", "1.10.0", "1.10.0+2"])
        #expect(try refresh.snapshot.payload(of: product.current) == Array("1.10.0+2".utf8))
        #expect(refresh.snapshot.product(8) == nil)
    }

    @Test func anImageOfAnotherVersionThanItsFolderIsNotServed() throws {
        let folder = try TemporaryFolder()
        // Magic, sizes and flags, then 1.2.3+4 (ImageHeader's byte map).
        var image: [UInt8] = [0x3D, 0xB8, 0xF3, 0x96] + [UInt8](repeating: 0, count: 16)
        image[8] = 32
        image += [1, 2, 3, 0, 4, 0, 0, 0] + [UInt8](repeating: 0, count: 100)
        for version in ["1.2.3+4", "1.2.3", "1.2.4"] { try folder.write(image, to: "7/\(version)/firmware.bin") }
        let refresh = try loader(folder).refresh()
        #expect(refresh.snapshot.product(7)?.releases.map(\.versionText) == ["1.2.3+4"])
        #expect(refresh.problems.count == 2)
        #expect(refresh.problems.allSatisfy { $0.description.contains("its header says 1.2.3+4") })
    }

    @Test func changesAreFound() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "7/1.0.0/firmware.bin")
        let loader = loader(folder)
        #expect(try loader.refresh().added.map(\.versionText) == ["1.0.0"])
        #expect(try !loader.refresh().changed)

        try folder.write([2], to: "7/1.1.0/firmware.bin")
        try folder.write([3], to: "8/0.0.1/firmware.bin")
        let grown = try loader.refresh()
        #expect(grown.added.map(\.versionText) == ["1.1.0", "0.0.1"])
        #expect(grown.removed.isEmpty)
        #expect(grown.snapshot.product(7)?.current.versionText == "1.1.0")

        try folder.remove("7/1.1.0")
        let shrunk = try loader.refresh()
        #expect(shrunk.removed.map(\.versionText) == ["1.1.0"])
        #expect(shrunk.snapshot.product(7)?.current.versionText == "1.0.0")
        try folder.remove("8")
        #expect(try loader.refresh().snapshot.product(8) == nil)
    }

    @Test func unchangedReleasesStayTheSameObject() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "7/1.0.0/firmware.bin")
        let loader = loader(folder)
        let before = try #require(try loader.refresh().snapshot.product(7)?.current)
        try folder.write([2], to: "7/1.1.0/firmware.bin")
        let after = try #require(try loader.refresh().snapshot.product(7)?.releases.first)
        #expect(before === after)
    }

    @Test func aReplacedFileIsAnotherReleaseAndTheOldSnapshotStaysWhole() throws {
        let folder = try TemporaryFolder()
        let old = Served.payload(100_000, seed: 1)
        let new = Served.payload(100_000, seed: 2)
        try folder.write(old, to: "7/1.0.0/firmware.bin")
        let loader = loader(folder)
        let before = try loader.refresh().snapshot
        let oldRelease = try #require(before.product(7)?.current)

        try folder.write(new, to: "7/1.0.0/firmware.bin")
        let refresh = try loader.refresh()
        let newRelease = try #require(refresh.snapshot.product(7)?.current)
        #expect(newRelease.etag != oldRelease.etag)
        #expect(try refresh.snapshot.payload(of: newRelease) == new)
        #expect(try before.payload(of: oldRelease) == old)
    }

    @Test func aFileRewrittenInPlaceWithTheSameSizeIsNoticed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([1, 1, 1], to: "7/1.0.0/firmware.bin")
        let loader = loader(folder)
        let first = try #require(try loader.refresh().snapshot.product(7)?.current)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data([2, 2, 2]))
        try handle.close()
        let second = try #require(try loader.refresh().snapshot.product(7)?.current)
        #expect(first.etag != second.etag)
    }

    /// What is not in memory is read when it is asked for, and only if it is still what the catalog says.
    @Test func aPayloadThatIsNotInMemoryIsReadAndCompared() throws {
        let folder = try TemporaryFolder()
        try folder.write([UInt8](repeating: 1, count: 600), to: "7/1.0.0/firmware.bin")
        try folder.write([UInt8](repeating: 2, count: 600), to: "7/1.1.0/firmware.bin")
        try folder.write([UInt8](repeating: 3, count: 600), to: "7/1.2.0/firmware.bin")
        let loader = loader(folder, CatalogLimits(memoryBytes: 1300))
        let snapshot = try loader.refresh().snapshot
        #expect(loader.residentBytes == 1200)
        let releases = try #require(snapshot.product(7)?.releases)
        for release in releases + releases.reversed() {
            #expect(try snapshot.payload(of: release).count == 600)
            #expect(loader.residentBytes <= 1300)
        }
        #expect(
            Array(SHA256.hash(data: try snapshot.payload(of: releases[2]))).prefix(8).elementsEqual(
                (0..<8).map { releases[2].digest[$0] }
            )
        )

        // The least recently used one is not in memory now; its file is replaced before the next scan.
        _ = try snapshot.payload(of: releases[0])
        _ = try snapshot.payload(of: releases[1])
        try folder.write([UInt8](repeating: 9, count: 600), to: "7/1.2.0/firmware.bin")
        #expect(throws: PayloadError.changed(path: releases[2].path)) { try snapshot.payload(of: releases[2]) }
        try folder.remove("7/1.2.0/firmware.bin")
        #expect(throws: PayloadError.self) { try snapshot.payload(of: releases[2]) }
        var served = FirmwareResources(catalog: snapshot, rights: .unrestricted())
        let reply = Served(resources: served).reply(Request("fw/7"))
        #expect(reply?.code.rawValue == 0xA3)
        #expect(reply?.uint(.maxAge) == 10)
        served.catalog = try loader.refresh().snapshot
        #expect(Served(resources: served).reply(Request("fw/7"))?.code == .content)
    }

    @Test func problemsAreReportedOnceAndTheRestIsServed() throws {
        let folder = try TemporaryFolder()
        let root = folder.path
        try folder.write([1], to: "7/1.0.0/firmware.bin")
        try folder.write([1], to: "README.md")
        try folder.write([1], to: ".staging-7-1.2.0-99/firmware.bin")
        try folder.write([1], to: "7/.hidden/firmware.bin")
        try folder.write([1], to: "007/1.0.0/firmware.bin")
        try folder.write([1], to: "meter/1.0.0/firmware.bin")
        try folder.write([1], to: "70000/1.0.0/firmware.bin")
        try folder.write([1], to: "7/1.2/firmware.bin")
        try folder.write([1], to: "7/firmware.bin")
        try folder.write([], to: "7/1.3.0/firmware.bin")
        try folder.makeFolder("7/1.4.0")
        try folder.makeFolder("7/1.5.0/firmware.bin")
        try folder.write([UInt8](repeating: 1, count: 11), to: "7/1.6.0/firmware.bin")
        let loader = loader(folder, CatalogLimits(payloadSizeBytes: 10))
        let first = try loader.refresh()
        #expect(
            Set(first.problems) == [
                .badProductFolder(path: "\(root)/007"), .badProductFolder(path: "\(root)/meter"),
                .badProductFolder(path: "\(root)/70000"), .badVersionFolder(path: "\(root)/7/1.2"),
                .strayFile(path: "\(root)/7/firmware.bin"), .emptyPayload(path: "\(root)/7/1.3.0/firmware.bin"),
                .missingPayload(path: "\(root)/7/1.4.0"), .notAFile(path: "\(root)/7/1.5.0/firmware.bin"),
                .payloadTooLarge(path: "\(root)/7/1.6.0/firmware.bin", sizeBytes: 11, limitBytes: 10),
            ]
        )
        #expect(first.newProblems == first.problems)
        #expect(first.snapshot.releaseCount == 1)
        let second = try loader.refresh()
        #expect(second.problems == first.problems)
        #expect(second.newProblems.isEmpty)
        for problem in first.problems { #expect("\(problem)".hasPrefix(problem.path)) }
    }

    @Test func aPipeIsNotWaitedFor() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("7/1.0.0")
        #expect(mkfifo("\(folder.path)/7/1.0.0/firmware.bin", 0o644) == 0)
        #expect(try loader(folder).refresh().problems == [.notAFile(path: "\(folder.path)/7/1.0.0/firmware.bin")])
    }

    @Test func aMissingImagesFolderIsAnErrorAndChangesNothing() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "Images/7/1.0.0/firmware.bin")
        let loader = CatalogLoader(root: "\(folder.path)/Images")
        _ = try loader.refresh()
        try folder.remove("Images")
        #expect(throws: FileFailure.self) { try loader.refresh() }
        #expect(loader.snapshot.product(7) != nil)
    }

    @Test func thereIsALimitOfReleases() throws {
        let folder = try TemporaryFolder()
        for revision in 0..<5 { try folder.write([1], to: "7/1.0.\(revision)/firmware.bin") }
        let refresh = try loader(folder, CatalogLimits(releases: 3)).refresh()
        #expect(refresh.snapshot.releaseCount == 3)
        #expect(refresh.problems == [.tooManyReleases(path: "\(folder.path)/7/1.0.3", limit: 3)])
    }

    @Test func thousandsOfReleases() throws {
        let folder = try TemporaryFolder()
        for product in 0..<20 {
            for revision in 0..<100 {
                try folder.write([UInt8(product), UInt8(revision)], to: "\(product)/1.0.\(revision)/firmware.bin")
            }
        }
        let loader = loader(folder)
        #expect(try loader.refresh().snapshot.releaseCount == 2000)
        #expect(try !loader.refresh().changed)
        #expect(loader.snapshot.product(19)?.release(Served.version(1, 0, 42)) != nil)
    }
}
