import FirmwareImage
import FirmwareServer
import Foundation
import HostSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct CatalogLoaderTests {
    private func loader(_ folder: TemporaryFolder, _ limits: CatalogLimits = CatalogLimits()) -> CatalogLoader {
        CatalogLoader(root: folder.path, limits: limits)
    }

    @Test func theHighestVersionIsCurrent() throws {
        let folder = try TemporaryFolder()
        var payloads: [String: [UInt8]] = [:]
        for version in ["1.9.0", "1.10.0", "1.10.0+2", "1.2.0"] { payloads[version] = try folder.release(7, version) }
        let refresh = try loader(folder).refresh()
        #expect(refresh.changed)
        #expect(refresh.problems.isEmpty)
        let product = try #require(refresh.snapshot.product(7))
        #expect(product.current.versionText == "1.10.0+2")
        #expect(product.releases.map(\.versionText) == ["1.2.0", "1.9.0", "1.10.0", "1.10.0+2"])
        #expect(Served(refresh.snapshot).download("fw/7") == payloads["1.10.0+2"])
        #expect(refresh.snapshot.product(8) == nil)
    }

    @Test func changesAreFound() throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.0.0")
        let loader = loader(folder)
        #expect(try loader.refresh().added.map(\.versionText) == ["1.0.0"])
        #expect(try !loader.refresh().changed)

        try folder.release(7, "1.1.0")
        try folder.release(8, "0.0.1")
        let grown = try loader.refresh()
        #expect(grown.added.map(\.versionText) == ["1.1.0", "0.0.1"])
        #expect(grown.removed.isEmpty)
        #expect(grown.snapshot.product(7)?.current.versionText == "1.1.0")

        try folder.remove("7/1.1.0")
        let shrunk = try loader.refresh(at: .zero, isConfirmed: true)
        #expect(shrunk.removed.map(\.versionText) == ["1.1.0"])
        #expect(shrunk.snapshot.product(7)?.current.versionText == "1.0.0")
        try folder.remove("8")
        #expect(try loader.refresh(at: .zero, isConfirmed: true).snapshot.product(8) == nil)
    }

    @Test func unchangedReleasesStayTheSameObject() throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.0.0")
        let loader = loader(folder)
        let before = try #require(try loader.refresh().snapshot.product(7)?.current)
        try folder.release(7, "1.1.0")
        let after = try #require(try loader.refresh().snapshot.product(7)?.releases.first)
        #expect(before === after)
        // The same bytes in another file are the same release, and are read from there.
        let image = try #require(FileManager.default.contents(atPath: before.path))
        try folder.remove("7/1.0.0")
        try folder.write(Array(image), to: "7/1.0.0/firmware.bin")
        let moved = try loader.refresh()
        #expect(moved.snapshot.product(7)?.releases.first === before)
        #expect(Served(moved.snapshot).download("fw/7/1.0.0") == Array(image))
    }

    @Test func aReplacedFileIsAnotherReleaseAndTheOldSnapshotStaysWhole() throws {
        let folder = try TemporaryFolder()
        let old = try folder.release(7, "1.0.0", bytes: 100_000, seed: 1)
        let loader = loader(folder)
        let before = try loader.refresh().snapshot
        let oldRelease = try #require(before.product(7)?.current)

        let new = try folder.release(7, "1.0.0", bytes: 100_000, seed: 2)
        let refresh = try loader.refresh()
        let newRelease = try #require(refresh.snapshot.product(7)?.current)
        #expect(newRelease.etag != oldRelease.etag)
        #expect(Served(refresh.snapshot).download("fw/7") == new)
        #expect(Served(before).download("fw/7") == old)
    }

    @Test func problemsAreReportedOnceAndTheRestIsServed() throws {
        let folder = try TemporaryFolder()
        let root = folder.path
        try folder.release(7, "1.0.0", bytes: 40)
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
        try folder.write([UInt8](repeating: 1, count: 1001), to: "7/1.6.0/firmware.bin")
        let loader = loader(folder, CatalogLimits(payloadSizeBytes: 1000))
        let first = try loader.refresh()
        #expect(
            Set(first.problems) == [
                .badProductFolder(path: "\(root)/007"), .badProductFolder(path: "\(root)/meter"),
                .badProductFolder(path: "\(root)/70000"), .badVersionFolder(path: "\(root)/7/1.2"),
                .strayFile(path: "\(root)/7/firmware.bin"), .emptyPayload(path: "\(root)/7/1.3.0/firmware.bin"),
                .missingPayload(path: "\(root)/7/1.4.0"), .notAFile(path: "\(root)/7/1.5.0/firmware.bin"),
                .payloadTooLarge(path: "\(root)/7/1.6.0/firmware.bin", sizeBytes: 1001, limitBytes: 1000),
            ]
        )
        #expect(first.newProblems == first.problems)
        #expect(first.snapshot.releaseCount == 1)
        let second = try loader.refresh()
        #expect(second.problems == first.problems)
        #expect(second.newProblems.isEmpty)
        for problem in first.problems { #expect("\(problem)".hasPrefix(problem.path)) }
    }

    @Test func aMissingImagesFolderIsAnErrorAndChangesNothing() throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.0.0", under: "Images/")
        let loader = CatalogLoader(root: "\(folder.path)/Images")
        _ = try loader.refresh()
        try folder.remove("Images")
        #expect(throws: FileFailure.self) { try loader.refresh() }
        #expect(loader.snapshot.product(7) != nil)
    }

    @Test func thereIsALimitOfReleases() throws {
        let folder = try TemporaryFolder()
        for revision in 0..<5 { try folder.release(7, "1.0.\(revision)") }
        let refresh = try loader(folder, CatalogLimits(releases: 3)).refresh()
        #expect(refresh.snapshot.product(7)?.releases.map(\.versionText) == ["1.0.2", "1.0.3", "1.0.4"])
        #expect(refresh.problems == [.tooManyReleases(path: "\(folder.path)/7/1.0.1", limit: 3)])
    }

    @Test func thousandsOfReleases() throws {
        let folder = try TemporaryFolder()
        for product in UInt16(0)..<20 {
            for revision in 0..<100 { try folder.release(product, "1.0.\(revision)", bytes: 8) }
        }
        let loader = loader(folder)
        #expect(try loader.refresh().snapshot.releaseCount == 2000)
        #expect(try !loader.refresh().changed)
        #expect(loader.snapshot.product(19)?.release(Served.version(1, 0, 42)) != nil)
    }

    /// Those that docs/operations.md and `coap-fw-server --help` name.
    @Test func theDefaultLimits() {
        let limits = CatalogLimits()
        #expect(limits.payloadSizeBytes == 64 << 20)
        #expect(limits.memoryBytes == 32 << 20)
        #expect(limits.releases == 65_536)
    }
}
