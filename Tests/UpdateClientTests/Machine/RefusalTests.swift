import Bootloader
import CoAP
import FirmwareImage
import Testing
import UpdateClient

/// What must not be installed, or not be told, by name. The running image is untouched in every case.
@Suite(.timeLimit(.minutes(15))) struct RefusalTests {
    let old: [UInt8]
    let map: FlashMap
    let contents: [UInt8]

    init() throws {
        old = try TestRelease.image(version: "1.1.0", seed: 1)
        map = try TestDevice.map()
        contents = try TestDevice.flash(map, running: old)
    }

    private func expectUntouched(_ flash: inout CutFlash) throws {
        let primary = Int(map.primary.offset)
        #expect(Array(flash.contents[primary..<primary + old.count]) == old)
        #expect(try SlotControl(map: map).state(flash: &flash).nextSwap == .none)
    }

    private func outcome(_ payload: [UInt8]) throws -> UpdateOutcome? {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: payload))
        let outcome = try run.run()
        try expectUntouched(&run.flash)
        // A rerun comes to the same end, by block 0 at the most.
        var rerun = UpdateRun(map: map, contents: run.flash.contents, server: TestServer(payload: payload))
        switch (outcome, try rerun.run()) {
        case (.refused(let first), .refused(let second)), (.refused(let first), .refusedEarlier(let second)):
            #expect(first == second)
        case (let first, let second):
            Issue.record("\(String(describing: first)), then \(String(describing: second))")
        }
        #expect(rerun.server.contentAnswers <= 1)
        try expectUntouched(&rerun.flash)
        return outcome
    }

    @Test(arguments: [40, 5000, 19_000])
    func oneBitChanged(offset: Int) throws {
        var payload = try TestRelease.image(version: "1.2.0")
        payload[offset] ^= 0x10
        #expect(try outcome(payload) == .refused(.image(.digestMismatch)))
    }

    @Test func oneBitOfTheSignatureChanged() throws {
        var payload = try TestRelease.image(version: "1.2.0")
        payload[payload.count - 1] ^= 0x01
        #expect(try outcome(payload) == .refused(.image(.badSignature)))
    }

    @Test func signedByAnotherKey() throws {
        let payload = try TestRelease.image(version: "1.2.0", key: 2)
        #expect(try outcome(payload) == .refused(.image(.unknownKey)))
    }

    @Test func truncated() throws {
        let payload = try TestRelease.image(version: "1.2.0")
        // Inside of the TLVs: what is missing reads as erased flash.
        #expect(try outcome(Array(payload.dropLast(100))) == .refused(.image(.malformedTLV(type: 0xFFFF))))
        #expect(try outcome(Array(payload.prefix(10_000))) == .refused(.image(.truncated)))
        #expect(try outcome(Array(payload.prefix(20))) == .refused(.image(.truncated)))
    }

    @Test func truncatedButCompletedByWhatTheSlotHeld() throws {
        let payload = try TestRelease.image(version: "1.2.0", bodyBytes: 12_000)
        var flash = CutFlash(geometry: map.geometry, contents: contents)
        try TestDevice.install(payload, in: .secondary, map, &flash)
        // Cut at a sector's end: what follows in the slot is the rest of the very same image.
        let server = TestServer(payload: Array(payload.prefix(8192)))
        var run = UpdateRun(map: map, contents: flash.contents, server: server)
        #expect(try run.run() == .refused(.image(.truncated)))
        try expectUntouched(&run.flash)
    }

    @Test func forAnotherProduct() throws {
        let payload = try TestRelease.image(version: "1.2.0", productID: 8)
        #expect(try outcome(payload) == .refused(.wrongProduct(offered: 8, provisioned: 7)))
    }

    @Test func withoutAProduct() throws {
        let payload = try TestRelease.image(version: "1.2.0", productID: nil)
        #expect(try outcome(payload) == .refused(.image(.missingProduct(expected: 7))))
    }

    @Test func deviceProvisionedForAnotherProduct() throws {
        let contents = try TestDevice.flash(map, running: old, productID: 9)
        let server = TestServer(payload: try TestRelease.image(version: "1.2.0"))
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .refused(.wrongProduct(offered: 7, provisioned: 9)))
        #expect(run.server.contentAnswers == 1)
        #expect(run.flash.operations == 0)
    }

    @Test func older() throws {
        let payload = try TestRelease.image(version: "1.0.9+7")
        let reason = RefusalReason.downgrade(
            offered: try TestRelease.version("1.0.9+7"),
            running: try TestRelease.version("1.1.0")
        )
        #expect(try outcome(payload) == .refused(reason))
    }

    /// A download goes on whose first block came when an older image ran: the version counts again in the end.
    @Test func olderByTheTimeThatItIsThere() throws {
        let payload = try TestRelease.image(version: "1.2.0")
        let server = TestServer(payload: payload)
        var begun = UpdateRun(map: map, contents: contents, server: server)
        begun.killed = { statistics, _ in statistics.blocksStored >= 9 }
        #expect(try begun.run() == nil)
        let newer = try TestRelease.image(version: "1.3.0", seed: 3)
        var contents = begun.flash.contents
        let primary = Int(map.primary.offset)
        contents.replaceSubrange(primary..<primary + newer.count, with: newer)

        var run = UpdateRun(map: map, contents: contents, server: server, seed: 2)
        let reason = RefusalReason.downgrade(
            offered: try TestRelease.version("1.2.0"),
            running: try TestRelease.version("1.3.0")
        )
        #expect(try run.run() == .refused(reason))
        #expect(run.machine.statistics.resumedBlocks >= 8)
        #expect(Array(run.flash.contents[primary..<primary + newer.count]) == newer)
        #expect(try SlotControl(map: map).state(flash: &run.flash).nextSwap == .none)
    }

    /// `--pid` counts on a device that was made for any product.
    @Test(arguments: [7, 8] as [UInt16]) func anImageForAnotherProductOnADeviceForAny(product: UInt16) throws {
        let contents = try TestDevice.flash(map, running: old, productID: nil)
        let payload = try TestRelease.image(version: "1.2.0", productID: product)
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: payload))
        let outcome = try run.run()
        if product == 7 {
            guard case .committed = outcome else {
                Issue.record("\(String(describing: outcome))")
                return
            }
        } else {
            #expect(outcome == .refused(.wrongProduct(offered: 8, provisioned: 7)))
            try expectUntouched(&run.flash)
        }
    }

    @Test func noImageAtAll() throws {
        #expect(try outcome([UInt8](repeating: 0x5A, count: 5000)) == .refused(.image(.notAnImage)))
    }

    @Test func largerThanTheSlot() throws {
        let payload = try TestRelease.image(version: "1.2.0", bodyBytes: Int(map.maximumImageSizeBytes))
        let maximum = map.maximumImageSizeBytes
        #expect(
            try outcome(payload) == .refused(.tooLarge(sizeBytes: UInt32(payload.count), maximumBytes: maximum))
        )
    }

    @Test func withoutTrustAnchors() throws {
        let contents = CutFlash(geometry: map.geometry).contents
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: old))
        #expect(try run.run() == .misconfigured(.trust(.notProvisioned)))
        #expect(run.channels == 0)
    }

    /// What the server says of it is for the person at the device.
    @Test func unknownProductComesWithWhatTheServerSays() throws {
        var server = TestServer(payload: old, productID: 1)
        server.diagnostic = "readable: 1, 300"
        var run = UpdateRun(map: map, contents: contents, server: server)
        run.isLost = { $0 == 1 }
        #expect(try run.run() == .unknownProduct)
        let diagnostic = run.machine.diagnostic
        #expect((0..<diagnostic.byteCount).map { diagnostic.bytes.coapByte(at: $0) } == Array("readable: 1, 300".utf8))
        #expect(run.flash.operations == 0)
    }

    @Test func aLongDiagnosticIsCut() throws {
        var server = TestServer(payload: old, productID: 1)
        server.diagnostic = String(repeating: "x", count: 1000)
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .unknownProduct)
        #expect(run.machine.diagnostic.byteCount == Diagnostic.capacity)
    }

    /// The order matters: a slip in `--pid` is to be explained, and costs no progress.
    @Test func unknownProductOnADeviceForAnotherOne() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: old), productID: 9)
        #expect(try run.run() == .unknownProduct)
        #expect(run.flash.operations == 0)
    }

    @Test func forbiddenProduct() throws {
        var server = TestServer(payload: old)
        server.forbidden = [7]
        var run = UpdateRun(map: map, contents: contents, server: server)
        #expect(try run.run() == .notAuthorised(.product(.forbidden)))
    }

    @Test func flashThatCannotBeWritten() throws {
        let server = TestServer(payload: try TestRelease.image(version: "1.2.0"))
        var run = UpdateRun(map: map, contents: contents, server: server)
        run.flash.failure = .io(28)
        #expect(try run.run() == .interrupted(.flash(.io(28))))
        try expectUntouched(&run.flash)
    }
}
