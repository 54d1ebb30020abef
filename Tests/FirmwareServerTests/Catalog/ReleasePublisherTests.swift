import FirmwarePackaging
import FirmwareServer
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct ReleasePublisherTests {
    @Test func aReleaseAppearsWhole() throws {
        let folder = try TemporaryFolder()
        let publisher = ReleasePublisher(root: "\(folder.path)/Images")
        let image = try TestImage.make("1.2.0", product: 7, body: [1, 2, 3])
        let path = try publisher.publish(image, productID: 7, version: Served.version(1, 2), allowsOlder: false)
        #expect(path == "\(folder.path)/Images/7/1.2.0/firmware.bin")
        let release = ["firmware.bin", "firmware.sha256"].map { "Images/7/1.2.0/\($0)" }
        #expect(folder.files() == ["Images", "Images/7", "Images/7/1.2.0"] + release)
        #expect(Served(try CatalogLoader(root: publisher.root).refresh().snapshot).download("fw/7") == image)
    }

    /// `sha256sum --check` reads what lies beside the payload.
    @Test func theDigestIsPublishedToo() throws {
        let folder = try TemporaryFolder()
        let image = try TestImage.make("1.2.0", product: 7, body: [1, 2, 3])
        let publisher = ReleasePublisher(root: folder.path)
        _ = try publisher.publish(image, productID: 7, version: Served.version(1, 2), allowsOlder: false)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sha256sum", "--check", "--strict", "firmware.sha256"]
        process.currentDirectoryURL = URL(fileURLWithPath: "\(folder.path)/7/1.2.0")
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func whatIsPublishedStays() throws {
        let folder = try TemporaryFolder()
        let publisher = ReleasePublisher(root: folder.path)
        _ = try publisher.publish([1], productID: 7, version: Served.version(1, 2), allowsOlder: false)
        #expect(throws: PublishError.alreadyPublished(path: "\(folder.path)/7/1.2.0")) {
            try publisher.publish([2], productID: 7, version: Served.version(1, 2), allowsOlder: true)
        }
        #expect(throws: PublishError.notNewest(path: "\(folder.path)/7/1.1.0", current: "1.2.0")) {
            try publisher.publish([2], productID: 7, version: Served.version(1, 1), allowsOlder: false)
        }
        _ = try publisher.publish([2], productID: 7, version: Served.version(1, 1), allowsOlder: true)
        _ = try publisher.publish([2], productID: 8, version: Served.version(0, 1), allowsOlder: false)
        #expect(publisher.currentVersion(of: 7) == Served.version(1, 2))
        #expect(folder.files().filter { $0.contains("staging") }.isEmpty)
    }

    @Test func noFolderToPutItIn() throws {
        let folder = try TemporaryFolder()
        let publisher = ReleasePublisher(root: "\(folder.path)/none/Images")
        #expect(throws: PublishError.self) {
            try publisher.publish([1], productID: 7, version: Served.version(1, 2), allowsOlder: false)
        }
    }

    /// A file has the name of the product's folder.
    @Test func whatFailsLeavesNothingBehind() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "7")
        let publisher = ReleasePublisher(root: folder.path)
        #expect(throws: PublishError.self) {
            try publisher.publish([1], productID: 7, version: Served.version(1, 2), allowsOlder: false)
        }
        #expect(folder.files() == ["7"])
    }
}
