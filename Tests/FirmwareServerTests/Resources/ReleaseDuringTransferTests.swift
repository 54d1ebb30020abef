import CoAP
import Credentials
import FirmwareServer
import TestSupport
import Testing

/// A release during a download: every block belongs to the payload that its ETag names.
@Suite(.timeLimit(.minutes(15))) struct ReleaseDuringTransferTests {
    @Test func noBlockIsEverOfAnotherImageThanItsTagSays() throws {
        let folder = try TemporaryFolder()
        let loader = CatalogLoader(root: folder.path)
        var payloads: [[UInt8]: [UInt8]] = [:]
        func put(_ seed: UInt64, _ version: String) throws {
            let payload = try folder.release(7, version, bytes: 20_000, seed: seed)
            payloads[Served.etag(of: payload)] = payload
        }
        try put(1, "1.0.0")
        let published = PublishedResources(
            FirmwareResources(catalog: try loader.refresh().snapshot, rights: .unrestricted())
        )
        var tags: Set<[UInt8]> = []
        var now = Duration.zero
        for number in 0..<UInt32(60) {
            // Before some blocks the file is replaced or a newer release published; the server hears of it a block
            // later.
            if number == 10 { try put(2, "1.0.0") }
            if number == 25 { try put(3, "1.1.0") }
            if number == 40 { try folder.remove("7/1.1.0") }
            let reply = try #require(
                Served(resources: published.current).reply(Request("fw/7").block(number % 20, szx: 6))
            )
            #expect(reply.code == .content)
            let tag = try #require(reply.etag)
            let payload = try #require(payloads[tag])
            let start = Int(number % 20) * 1024
            #expect(reply.payload == Array(payload[start..<min(start + 1024, payload.count)]))
            tags.insert(tag)
            let generation = published.generation
            now += .seconds(2)
            let refresh = try loader.refresh(at: now)
            if refresh.changed { published.replace(catalog: refresh.snapshot) }
            #expect(refresh.changed == (published.generation != generation))
        }
        #expect(tags.count == 3)
    }

    @Test func newRightsCountFromTheNextRequestOn() throws {
        let published = PublishedResources(try Served.standard().resources)
        #expect(Served(resources: published.current).reply(Request("fw/7"))?.code == .content)
        let before = published.generation
        published.replace(rights: AccessRights(try RightsFile(parsing: Array("dev-1: 8\n".utf8))))
        #expect(published.generation > before)
        #expect(Served(resources: published.current).reply(Request("fw/7"))?.code == .forbidden)
    }
}
