import CoAP
import Credentials
import FirmwareServer
import Testing

/// What a list costs with thousands of products.
@Suite(.timeLimit(.minutes(15))) struct DiscoveryCostTests {
    private static let products = 5000

    private func served() throws -> Served {
        let catalog = CatalogSnapshot(
            inMemory: (0..<UInt16(Self.products)).map { ($0, Served.version(1, 0, $0), [UInt8(1)]) }
        )
        let rights = try RightsFile(parsing: Array("dev-*: 1, 2, 3, 4999\nlab: *\n".utf8))
        return Served(resources: FirmwareResources(catalog: catalog, rights: AccessRights(rights)))
    }

    private func time(_ count: Int, _ body: (Int) -> Void) -> Duration {
        let clock = ContinuousClock()
        // The best of five: other tests run at the same time.
        return (0..<5).map { _ in clock.measure { for index in 0..<count { body(index) } } / count }.min() ?? .zero
    }

    /// Every block of the list of 5 000 products, a 4.04, and the list of a peer that may read four of them.
    @Test func listsAreMadeOnce() throws {
        let served = try served()
        let lab = PeerIdentity.authenticated(Served.identity("lab"))
        let blocks = time(500) { _ = served.reply(Request("fw").block(UInt32($0 % 200), szx: 6), from: lab) }
        let core = time(500) {
            _ = served.reply(Request(".well-known/core").block(UInt32($0 % 200), szx: 6), from: lab)
        }
        let missing = time(500) { _ = served.reply(Request("fw/6000").block(UInt32($0), szx: 6), from: lab) }
        let device = time(500) { _ in _ = served.reply(Request("fw")) }
        print("5 000 products: /fw \(blocks), core \(core), 4.04 \(missing), four of them \(device) each")
        for cost in [blocks, core, missing, device] { #expect(cost < .microseconds(100)) }
    }

    /// A filter that was not asked for before is worth its bytes, not its products.
    @Test func filtersAreCheap() throws {
        let served = try served()
        let lab = PeerIdentity.authenticated(Served.identity("lab"))
        let exact = time(200) { index in
            _ = served.reply(Request("fw").with(.uriQuery, "href=/fw/\(index * 7)"), from: lab)
        }
        let versions = time(200) { index in
            _ = served.reply(Request("fw").with(.uriQuery, "ver=1.0.\(index)"), from: lab)
        }
        print("5 000 products, filters: href \(exact), ver \(versions) each")
        for cost in [exact, versions] { #expect(cost < .milliseconds(2)) }
        #expect(
            served.reply(Request("fw").with(.uriQuery, "ver=1.0.77"), from: lab)?.text
                == #"</fw/77>;rt="fw";if="fw.image";ct=42;sz=1;ver="1.0.77""#
        )
        #expect(
            served.reply(Request("fw").with(.uriQuery, "sz=1").with(.uriQuery, "href=/fw/499*"))?.text
                == #"</fw/4999>;rt="fw";if="fw.image";ct=42;sz=1;ver="1.0.4999""#
        )
    }

    @Test(arguments: [1, 4, 5, 151])
    func aHandfulOfQueryOptionsIsLookedAt(count: Int) throws {
        let served = try served()
        var request = Request("fw")
        for _ in 0..<count { request = request.with(.uriQuery, "rt=fw") }
        let reply = try #require(served.reply(request))
        #expect(reply.code == (count <= 4 ? .content : .badRequest))
    }

    /// A list is of the catalog and the rights that are in force.
    @Test func listsChangeWithCatalogAndRights() throws {
        let served = try Served.standard()
        let before = try #require(served.reply(Request("fw")))
        served.resources.rights = AccessRights(try RightsFile(parsing: Array("dev-1: 8\n".utf8)))
        let fewer = try #require(served.reply(Request("fw")))
        #expect(fewer.text == DiscoveryTests.eight)
        #expect(fewer.etag != before.etag)
        served.resources.catalog = .empty
        #expect(served.reply(Request("fw"))?.text == "")
        #expect(served.reply(Request("fw/8"))?.text == "no such product; this identity may read none")
    }

    /// A 4.04 names the first products only, however many there are.
    @Test func aMissingProductNamesTheFirstOfMany() throws {
        let served = try served()
        let text = served.reply(Request("fw/6000"), from: .authenticated(Served.identity("lab")))?.text ?? ""
        #expect(text.hasPrefix("no such product; this identity may read 0, 1, 2, "))
        #expect(text.hasSuffix("30, 31, … (GET /fw lists all)"))
    }
}
