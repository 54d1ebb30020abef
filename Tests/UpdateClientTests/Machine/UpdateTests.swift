import Bootloader
import CoAP
import FirmwareImage
import Flash
import HostCryptography
import Testing
import UpdateClient

/// The main job, without and with trouble on the way. The ladder of an update:
///
/// ```
/// client                                        server
///   │ ── NON GET /fw/7 ETag(running) Block2:0/0/1024 Size2:0 ──►
///   │ ◄─ NON 2.05 ETag Block2:0/1/1024 Size2:20 2xx ──
///   │ ── NON GET /fw/7 Block2:1/0/1024 ──►   (several in flight, each with its own token)
///   │ ◄─ NON 2.05 ETag Block2:1/1/1024 ──
///   │      …
///   │   verify, mark pending
/// ```
@Suite(.timeLimit(.minutes(15))) struct UpdateTests {
    let old: [UInt8]
    let new: [UInt8]
    let map: FlashMap
    let contents: [UInt8]

    init() throws {
        old = try TestRelease.image(version: "1.0.0", seed: 1)
        new = try TestRelease.image(version: "1.1.0", seed: 2)
        map = try TestDevice.map()
        contents = try TestDevice.flash(map, running: old)
    }

    private var summary: ReleaseSummary {
        get throws { ReleaseSummary(version: try TestRelease.version("1.1.0"), sizeBytes: UInt32(new.count)) }
    }

    @Test func downloadsVerifiesAndCommits() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        let outcome = try run.run()
        #expect(outcome == .committed(try summary))
        #expect(run.states == [.connecting, .checking, .downloading, .verifying, .committed])
        let secondary = Int(map.secondary.offset)
        #expect(Array(run.flash.contents[secondary..<secondary + new.count]) == new)
        let state = try SlotControl(map: map).state(flash: &run.flash)
        #expect(state.nextSwap == .test)
        #expect(run.server.lastETags == [TestRelease.etag(old)])
        let blocks = UInt32((new.count + 1023) / 1024)
        #expect(run.machine.statistics.blocksStored == blocks)
        #expect(run.machine.statistics.requests == blocks)
        #expect(run.server.contentAnswers == Int(blocks))
    }

    @Test(arguments: [FlashPart.nrf52840, .stm32l4, .stm32f4, .lpc4330, .stm32l1])
    func worksOnEveryPart(part: FlashPart) throws {
        let map = try TestDevice.map(part)
        let contents = try TestDevice.flash(map, running: old)
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 % 7 == 3 }
        let outcome = try run.run()
        #expect(outcome == .committed(try summary))
        let secondary = Int(map.secondary.offset)
        #expect(Array(run.flash.contents[secondary..<secondary + new.count]) == new)
    }

    @Test func neverDownloadsWhatRuns() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: old))
        let outcome = try run.run()
        #expect(
            outcome
                == .upToDate(ReleaseSummary(version: try TestRelease.version("1.0.0"), sizeBytes: UInt32(old.count)))
        )
        #expect(run.server.validAnswers == 1)
        #expect(run.server.contentAnswers == 0)
        #expect(run.states.last == .confirmed)
        #expect(run.flash.operations == 0)
    }

    @Test func neverDownloadsWhatIsCommitted() throws {
        var first = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        #expect(try first.run() == .committed(try summary))
        var second = UpdateRun(map: map, contents: first.flash.contents, server: TestServer(payload: new))
        #expect(try second.run() == .committed(try summary))
        #expect(second.server.contentAnswers == 0)
        // But for an entry that makes sure of the request, once.
        #expect(second.flash.operations == 3)
        var third = UpdateRun(map: map, contents: second.flash.contents, server: TestServer(payload: new))
        #expect(try third.run() == .committed(try summary))
        #expect(third.flash.operations == 0)
    }

    @Test func sameVersionWithOtherBytesIsUpToDate() throws {
        let other = try TestRelease.image(version: "1.0.0", seed: 9)
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: other))
        guard case .upToDate = try run.run() else {
            Issue.record("not up to date")
            return
        }
        #expect(run.server.contentAnswers == 1)
    }

    @Test func deviceWithoutABootableImageTakesAnyVersion() throws {
        let empty = try TestDevice.flash(map, running: nil)
        var run = UpdateRun(map: map, contents: empty, server: TestServer(payload: old))
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
    }

    @Test(arguments: UInt8(1)...5)
    func goesOnWithSmallerBlocks(szx: UInt8) throws {
        var server = TestServer(payload: new)
        server.maximumSZX = szx
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .committed(try summary))
    }

    @Test func goesOnWhenBlocksBecomeSmallerUnderWay() throws {
        var server = TestServer(payload: new)
        server.shrinksFromBlock = 6
        server.laterSZX = 4
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .committed(try summary))
    }

    @Test func blocksOfSixteenBytesCannotHoldAHeader() throws {
        var server = TestServer(payload: new)
        server.maximumSZX = 0
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .misconfigured(.blocksTooSmall(blockBytes: 16, neededBytes: 32)))
    }

    /// Nothing runs, and the secondary slot has the only image: it is not overwritten. The next boot recovers it.
    @Test func theOnlyImageIsNotOverwritten() throws {
        var flash = CutFlash(geometry: map.geometry)
        try TrustStore(map: map).write(TestDevice.trust(), flash: &flash)
        try TestDevice.install(old, in: .secondary, map, &flash)
        let contents = flash.contents
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        #expect(try run.run() == .interrupted(.swapUnderWay))
        #expect(run.flash.contents == contents)
        #expect(try Bootloader<HostCryptography>.boot(flash: &run.flash, map: map).action == .recovered)
        var rerun = UpdateRun(map: map, contents: run.flash.contents, server: TestServer(payload: new))
        #expect(try rerun.run() == .committed(try summary))
    }

    @Test func blocksBelowTheWriteAlignmentAreATypedFailure() throws {
        let geometry = try FlashGeometry(sectorCount: 64, sectorSizeBytes: 4096, writeAlignmentBytes: 256)
        let map = try FlashMap(standardFor: geometry)
        var server = TestServer(payload: new)
        server.maximumSZX = 3
        var run = UpdateRun(map: map, contents: try TestDevice.flash(map, running: old), server: server)
        #expect(try run.run() == .misconfigured(.blocksTooSmall(blockBytes: 128, neededBytes: 256)))
    }

    @Test func separateResponsesAreAcknowledged() throws {
        var server = TestServer(payload: new)
        server.answersConfirmable = true
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .committed(try summary))
        // All but perhaps the last one, after which the channel closes.
        let acknowledgements = run.sent.filter { $0.count == 4 && $0[0] == 0x60 }
        #expect(acknowledgements.count >= run.server.contentAnswers - 1)
        #expect(run.server.resets.isEmpty)
    }

    @Test func serverWithoutETagsIsSafe() throws {
        var server = TestServer(payload: new)
        server.givesETag = false
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .committed(try summary))
    }

    @Test func serverWithoutSizesIsSafe() throws {
        var server = TestServer(payload: new)
        server.givesSize = false
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .committed(try summary))
    }

    @Test func serverWithoutETagsThatChangesUnderWayNeverMakesAMixedImage() throws {
        let newer = try TestRelease.image(version: "1.2.0", seed: 3)
        var server = TestServer(payload: new)
        server.givesETag = false
        server.onRequest = { count, server in if count == 8 { server.payloads[7] = newer } }
        var run = UpdateRun(map: map, contents: contents, server: server)
        let outcome = try run.run()
        #expect(
            outcome
                == .committed(ReleaseSummary(version: try TestRelease.version("1.2.0"), sizeBytes: UInt32(newer.count)))
        )
        let secondary = Int(map.secondary.offset)
        #expect(Array(run.flash.contents[secondary..<secondary + newer.count]) == newer)
    }

    @Test func newReleaseDuringTheDownload() throws {
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 30_000, seed: 3)
        var server = TestServer(payload: new)
        server.onRequest = { count, server in if count == 8 { server.payloads[7] = newer } }
        var run = UpdateRun(map: map, contents: contents, server: server)
        let outcome = try run.run()
        #expect(
            outcome
                == .committed(ReleaseSummary(version: try TestRelease.version("1.2.0"), sizeBytes: UInt32(newer.count)))
        )
        let secondary = Int(map.secondary.offset)
        #expect(Array(run.flash.contents[secondary..<secondary + newer.count]) == newer)
        #expect(run.machine.statistics.restarts == 1)
    }

    @Test func releasesThatNeverComeToRestEndTheUpdate() throws {
        let images = try (0..<2).map { try TestRelease.image(version: "1.2.0", seed: UInt64(10 + $0)) }
        var server = TestServer(payload: new)
        server.onRequest = { count, server in server.payloads[7] = images[count / 3 % 2] }
        // The engine's own limit is not reached, so that it is the machine's which ends it.
        var run = UpdateRun(map: map, contents: contents, server: server) { $0.transfer.maximumRestarts = 1000 }
        #expect(try run.run() == .interrupted(.unstableImage))
        #expect(run.machine.statistics.restarts == UpdateConfiguration(productID: 7, map: map).maximumRestarts + 1)
    }

    @Test(arguments: UInt64(1)...40)
    func lossAndDuplicationOnTheWay(seed: UInt64) throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new), seed: seed)
        run.isLost = { ((UInt64($0) &* 0x9E37_79B9_7F4A_7C15) ^ seed &* 0xBF58_476D_1CE4_E5B9) >> 32 % 10 < 2 }
        #expect(try run.run() == .committed(try summary), "SEED=\(seed)")
    }
}
