import FirmwarePackaging
import FirmwareServer
import TestSupport
import Testing

@Suite struct ReleasePublisherTests {
    @Test func aReleaseAppearsWhole() throws {
        let folder = try TemporaryFolder()
        let publisher = ReleasePublisher(root: "\(folder.path)/Images")
        let path = try publisher.publish([1, 2, 3], productID: 7, version: Served.version(1, 2), allowsOlder: false)
        #expect(path == "\(folder.path)/Images/7/1.2.0/firmware.bin")
        #expect(folder.files() == ["Images", "Images/7", "Images/7/1.2.0", "Images/7/1.2.0/firmware.bin"])
        let snapshot = try CatalogLoader(root: publisher.root).refresh().snapshot
        let release = try #require(snapshot.product(7)?.current)
        #expect(try snapshot.payload(of: release) == [1, 2, 3])
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
}
