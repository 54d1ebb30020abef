import CoAP
import Credentials
import FirmwareServer
import Testing

/// The discovery rows of `docs/protocol.md`: `/.well-known/core` and `/fw` (RFC 6690).
@Suite(.timeLimit(.minutes(15))) struct DiscoveryTests {
    static let index = #"</fw>;rt="fw";if="core.ll";ct=40"#
    static let seven = #"</fw/7>;rt="fw";if="fw.image";ct=42;sz=5000;ver="1.1.0""#
    static let eight = #"</fw/8>;rt="fw";if="fw.image";ct=42;sz=1024;ver="0.1.0""#
    static let nine = #"</fw/9>;rt="fw";if="fw.image";ct=42;sz=1;ver="2.0.0""#

    @Test func thatWhichMayBeReadIsListed() throws {
        let served = try Served.standard()
        let core = try #require(served.reply(Request(".well-known/core")))
        #expect(core.code == .content)
        #expect(core.uint(.contentFormat) == 40)
        #expect(core.etag?.count == 8)
        #expect(core.block2 == nil)
        #expect(core.text == [Self.index, Self.seven, Self.eight].joined(separator: ","))
        #expect(served.reply(Request("fw"))?.text == [Self.seven, Self.eight].joined(separator: ","))
        let lab = PeerIdentity.authenticated(Served.identity("lab"))
        #expect(
            served.reply(Request("fw"), from: lab)?.text == [Self.seven, Self.eight, Self.nine].joined(separator: ",")
        )
    }

    @Test(arguments: [
        ("rt=fw", [index, seven, eight]),
        ("rt=f*", [index, seven, eight]),
        ("rt=*", [index, seven, eight]),
        ("rt=f", []),
        ("rt=temperature", []),
        ("rt=", []),
        ("if=core.ll", [index]),
        ("if=fw.image", [seven, eight]),
        ("href=/fw/7", [seven]),
        ("href=/fw/*", [seven, eight]),
        ("href=/fw*", [index, seven, eight]),
        ("href=/f", []),
        ("ct=42", [seven, eight]),
        ("ver=1.*", [seven]),
        ("unknown=1", []),
        ("rt", []),
        ("=", []),
        ("", []),
    ])
    func filters(query: String, links: [String]) throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request(".well-known/core").with(.uriQuery, query)))
        #expect(reply.code == .content)
        #expect(reply.text == links.joined(separator: ","))
    }

    @Test func allFiltersMustMatch() throws {
        let served = try Served.standard()
        let request = Request(".well-known/core").with(.uriQuery, "rt=fw").with(.uriQuery, "href=/fw/8")
        #expect(served.reply(request)?.text == Self.eight)
    }

    @Test func aLongListComesInBlocks() throws {
        let rights = AccessRights.unrestricted()
        let products = (0..<200).map { (UInt16($0), Served.version(1, 0), [UInt8(1)]) }
        let served = Served(
            resources: FirmwareResources(catalog: CatalogSnapshot(inMemory: products), rights: rights)
        )
        let first = try #require(served.reply(Request("fw")))
        #expect(first.block2 == (try BlockOption(number: 0, more: true, szx: 6)))
        let size = try #require(first.uint(.size2))
        var text: [UInt8] = first.payload
        var number: UInt32 = 1
        while text.count < Int(size), number < 100 {
            let reply = try #require(served.reply(Request("fw").block(number, szx: 6)))
            #expect(reply.etag == first.etag)
            text += reply.payload
            number += 1
        }
        #expect(text.count == Int(size))
        #expect(String(decoding: text, as: UTF8.self).split(separator: ",").count == 200)
        #expect(served.reply(Request("fw").block(number, szx: 6))?.code == .badOption)
    }

    @Test func blocksAreSmallWhenAskedFor() throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request("fw").block(1, szx: 0)))
        #expect(reply.payload == Array(DiscoveryTests.seven.utf8)[16..<32].map { $0 })
        #expect(reply.block2?.more == true)
    }

    @Test func aListThatIsKnownIs203() throws {
        let served = try Served.standard()
        let tag = try #require(served.reply(Request("fw"))?.etag)
        #expect(served.reply(Request("fw").with(.etag, tag))?.code == .valid)
    }

    @Test func anEmptyListIsAnAnswer() throws {
        let served = Served(resources: FirmwareResources(catalog: .empty, rights: .unrestricted()))
        let reply = try #require(served.reply(Request("fw").block(0, szx: 6)))
        #expect(reply.code == .content)
        #expect(reply.payload.isEmpty)
        #expect(served.reply(Request("fw").block(1, szx: 6))?.code == .badOption)
    }
}
