import FirmwareImage
import FirmwarePackaging
import FirmwareServer
import FirmwareText
import Foundation
import HostSupport
import TestSupport
import Testing

/// Only regular files inside the images folder that are images of their product and version are served.
@Suite(.timeLimit(.minutes(15))) struct ServedFilesTests {
    private func problems(_ folder: TemporaryFolder) throws -> [CatalogProblem] {
        let refresh = try CatalogLoader(root: "\(folder.path)/Images").refresh()
        #expect(refresh.snapshot.releaseCount == 0)
        #expect(Served(refresh.snapshot).reply(Request("fw/7"))?.code == .notFound)
        return refresh.problems
    }

    private func link(_ name: String, to target: String, in folder: TemporaryFolder) throws {
        let path = "\(folder.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "\(folder.path)/\(target)")
    }

    /// The key file by a symbolic and by a hard link, a whole image outside by a link at every level, a pipe, a device.
    @Test func linksToTheKeyFileAndOutsideAreNotServed() throws {
        let folder = try TemporaryFolder()
        let secret = try folder.write("dev-1:00112233445566778899aabbccddeeff\n", to: "psk/identities.psk")
        try folder.release(7, "1.2.0", under: "Outside/")
        let payload = "\(folder.path)/Images/7/1.2.0/firmware.bin"
        let version = "\(folder.path)/Images/7/1.2.0"

        try link("Images/7/1.2.0/firmware.bin", to: "psk/identities.psk", in: folder)
        #expect(try problems(folder) == [.symbolicLink(path: payload)])
        try folder.remove("Images/7/1.2.0/firmware.bin")
        #expect(Glibc.link(secret, payload) == 0)
        #expect(try problems(folder).map(\.path) == [payload])
        try folder.remove("Images/7/1.2.0/firmware.bin")
        try link("Images/7/1.2.0/firmware.bin", to: "Outside/7/1.2.0/firmware.bin", in: folder)
        #expect(try problems(folder) == [.symbolicLink(path: payload)])
        try folder.remove("Images/7")
        try link("Images/7/1.2.0", to: "Outside/7/1.2.0", in: folder)
        #expect(try problems(folder) == [.symbolicLink(path: version)])
        try folder.remove("Images/7")
        try link("Images/7", to: "Outside/7", in: folder)
        #expect(try problems(folder) == [.symbolicLink(path: "\(folder.path)/Images/7")])
    }

    @Test func pipesAndDevicesAreNotServedNorWaitedFor() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("Images/7/1.2.0")
        let payload = "\(folder.path)/Images/7/1.2.0/firmware.bin"
        #expect(mkfifo(payload, 0o644) == 0)
        #expect(try problems(folder) == [.notAFile(path: payload)])
        try folder.remove("Images/7/1.2.0/firmware.bin")
        // Making a device needs root.
        if mknod(payload, S_IFCHR | 0o644, makedev(1, 5)) == 0 {
            #expect(try problems(folder) == [.notAFile(path: payload)])
        }
    }

    /// A release that is served and becomes a link is not followed by the open file's name either.
    @Test func aServedReleaseThatBecomesALinkIsNotFollowed() throws {
        let folder = try TemporaryFolder()
        let secret = try folder.write("dev-1:00112233445566778899aabbccddeeff\n", to: "psk/identities.psk")
        let image = try folder.release(7, "1.2.0", under: "Images/")
        let loader = CatalogLoader(root: "\(folder.path)/Images")
        let served = Served(try loader.refresh(at: .zero).snapshot)
        try folder.remove("Images/7/1.2.0/firmware.bin")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/Images/7/1.2.0/firmware.bin",
            withDestinationPath: secret
        )
        #expect(served.download("fw/7") == image)
        let refresh = try loader.refresh(at: .seconds(1))
        #expect(refresh.newProblems.contains(.symbolicLink(path: "\(folder.path)/Images/7/1.2.0/firmware.bin")))
        #expect(Served(refresh.snapshot).reply(Request("fw/7"))?.code.rawValue == 0xA3)
    }

    struct BadPayload: Sendable, CustomTestStringConvertible {
        let name: String
        let problem: @Sendable (String) -> CatalogProblem
        let bytes: @Sendable () throws -> [UInt8]
        var testDescription: String { name }
    }

    static let badPayloads = [
        BadPayload(name: "unsigned binary") {
            .notAnImage(path: $0, reason: ImageError.notAnImage.text)
        } bytes: {
            TestImage.body(3000, seed: 1)
        },
        BadPayload(name: "other product") {
            .otherProduct(path: $0, image: 8)
        } bytes: {
            try TestImage.make("1.2.0", product: 8, body: TestImage.body(3000, seed: 1))
        },
        BadPayload(name: "other version") {
            .otherVersion(path: $0, header: "1.2.1+4")
        } bytes: {
            try TestImage.make("1.2.1+4", product: 7, body: TestImage.body(3000, seed: 1))
        },
        BadPayload(name: "damaged") {
            .notAnImage(path: $0, reason: ImageError.digestMismatch.text)
        } bytes: {
            var image = try TestImage.make("1.2.0", product: 7, body: TestImage.body(3000, seed: 1))
            image[1500] ^= 1
            return image
        },
        BadPayload(name: "cut off") {
            .notAnImage(path: $0, reason: ImageError.truncated.text)
        } bytes: {
            try TestImage.make("1.2.0", product: 7, body: TestImage.body(3000, seed: 1)).dropLast(10)
        },
        BadPayload(name: "unsigned image") {
            .unsigned(path: $0)
        } bytes: {
            // Without the signature: type 0x24, which is the last entry, becomes a key hash's.
            var image = try TestImage.make("1.2.0", product: 7, body: TestImage.body(3000, seed: 1))
            image[image.count - 68] = 0x01
            return image
        },
    ]

    @Test(arguments: badPayloads)
    func whatIsNoImageOfThisProductAndVersionIsNotServed(bad: BadPayload) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(bad.bytes(), to: "Images/7/1.2.0/firmware.bin")
        #expect(try problems(folder) == [bad.problem(path)])
    }

    @Test func anImageWithoutAProductIsServedForAny() throws {
        let folder = try TemporaryFolder()
        let image = try TestImage.make("1.2.0", body: TestImage.body(3000, seed: 1))
        try folder.write(image, to: "7/1.2.0/firmware.bin")
        #expect(Served(try CatalogLoader(root: folder.path).refresh().snapshot).download("fw/7") == image)
    }

    /// What was published counts: a whole image that is another is not served.
    @Test func aPayloadThatIsNotWhatWasPublishedIsNotServed() throws {
        let folder = try TemporaryFolder()
        let root = "\(folder.path)/Images"
        let image = try folder.release(7, "1.2.0", seed: 1, under: "Images/")
        let path = "\(root)/7/1.2.0/firmware.bin"
        for text in ["\(String(repeating: "0", count: 64))  firmware.bin\n", "no digest\n", ""] {
            _ = try folder.write(text, to: "Images/7/1.2.0/firmware.sha256")
            #expect(try problems(folder) == [.otherDigest(path: path)])
        }
        let digest = Served.sha256(of: image)
        _ = try folder.write("\(Hex.encode(digest))  firmware.bin\n", to: "Images/7/1.2.0/firmware.sha256")
        #expect(Served(try CatalogLoader(root: root).refresh().snapshot).download("fw/7") == image)
        try folder.release(7, "1.2.0", seed: 2, under: "Images/")
        #expect(try problems(folder) == [.otherDigest(path: path)])
    }

    /// No block of a file that was corrupted in place is served, before and after the next look, and it is named. The
    /// older release is not offered in its stead.
    @Test func aFileCorruptedInPlaceIsNotServed() throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.1.0", bytes: 50_000, seed: 1)
        let image = try folder.release(7, "1.2.0", bytes: 50_000, seed: 2)
        let path = "\(folder.path)/7/1.2.0/firmware.bin"
        let loader = CatalogLoader(root: folder.path)
        let served = Served(try loader.refresh().snapshot)
        let first = try #require(served.reply(Request("fw/7").block(0, szx: 6)))
        #expect(first.payload == Array(image[..<1024]))

        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seek(toOffset: 30_000)
        try handle.write(contentsOf: Data([image[30_000] ^ 1]))
        try handle.close()
        for number in UInt32(0)..<49 {
            let reply = try #require(served.reply(Request("fw/7").block(number, szx: 6)))
            // What had been read before the change may still be told.
            let start = Int(number) * 1024
            #expect(
                reply.code.rawValue == 0xA3
                    || reply.payload == Array(image[start..<min(start + 1024, image.count)])
            )
        }
        #expect(served.reply(Request("fw/7").block(29, szx: 6))?.code.rawValue == 0xA3)

        let refresh = try loader.refresh()
        #expect(refresh.newProblems == [.notAnImage(path: path, reason: ImageError.digestMismatch.text)])
        #expect(refresh.removed.map(\.versionText) == ["1.2.0"])
        let now = Served(refresh.snapshot)
        let refused = try #require(now.reply(Request("fw/7")))
        #expect(refused.code.rawValue == 0xA3)
        #expect(refused.uint(.maxAge) == 10)
        #expect(now.reply(Request("fw/7/1.1.0"))?.code == .content)

        // Mended, it is back.
        try folder.write(image, to: "7/1.2.0/firmware.bin")
        let mended = try loader.refresh()
        #expect(mended.added.map(\.versionText) == ["1.2.0"])
        #expect(Served(mended.snapshot).download("fw/7") == image)
    }

    /// A file that is truncated while it is served ends no process, and gives no short block.
    @Test func aFileTruncatedInPlaceIsNotServed() throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.2.0", bytes: 50_000)
        let loader = CatalogLoader(root: folder.path)
        let served = Served(try loader.refresh().snapshot)
        #expect(truncate("\(folder.path)/7/1.2.0/firmware.bin", 20_000) == 0)
        #expect(served.reply(Request("fw/7").block(19, szx: 6))?.code.rawValue == 0xA3)
        #expect(served.reply(Request("fw/7").block(40, szx: 6))?.code.rawValue == 0xA3)
        #expect(try loader.refresh().problems.count == 1)
    }
}

/// `makedev` is a macro of glibc.
private func makedev(_ major: UInt, _ minor: UInt) -> UInt { major << 8 | minor }
