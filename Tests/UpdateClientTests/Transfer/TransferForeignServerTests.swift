import CoAP
import Testing
import UpdateClient

@Suite("Transfer: servers that are not ours", .timeLimit(.minutes(15)))
struct TransferForeignServerTests {
    @Test(
        "no random access: in order and one at a time, from the first refusal on",
        arguments: [Code.requestEntityIncomplete, .badRequest]
    )
    func noRandomAccess(_ refusal: Code) {
        var server = TransferServer(imageBytes: 50_000)
        server.isStateful = true
        server.refusal = refusal
        for loss in [0, 0.1] {
            let run = TransferRun(server)
            run.up.loss = loss
            run.down.loss = loss
            run.run()
            #expect(run.engineView.isComplete && run.hasWholeImage, "loss \(loss): \(String(describing: run.failure))")
            #expect(run.engineView.progress.isSequential == (loss > 0))
        }
    }

    @Test("smaller blocks than asked for", arguments: [UInt8(0), 2, 5])
    func smallerBlocks(_ szx: UInt8) {
        var server = TransferServer(imageBytes: 30_001)
        server.maximumSZX = szx
        let run = TransferRun(server)
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        #expect(run.engineView.identity?.szx == szx)
        #expect(run.sent.dropFirst().allSatisfy { $0.request.szx == szx || $0.request.blockNumber == 0 })
    }

    @Test("block size that shrinks in mid-transfer", arguments: [UInt8(3), 5])
    func shrinkingBlocks(_ szx: UInt8) {
        let run = TransferRun(TransferServer(imageBytes: 60_001))
        run.run(stopAt: { $0.stored.count == 20 })
        run.server.maximumSZX = szx
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage, "\(String(describing: run.failure))")
        #expect(run.engineView.identity?.szx == szx)
    }

    @Test("block size that shrinks to more blocks than there is room for")
    func shrinkingTooFar() {
        let run = TransferRun(TransferServer(imageBytes: 60_001))
        var server = run.server
        server.maximumSZX = 0
        var configuration = TransferConfiguration()
        configuration.maximumBlocks = 100
        let small = TransferRun(TransferServer(imageBytes: 60_001), configuration: configuration)
        small.run(stopAt: { $0.stored.count == 20 })
        small.server = server
        small.run()
        #expect(small.failure == .tooLarge(sizeBytes: 60_001))
    }

    @Test("no ETag: in order, one at a time; a new channel begins anew")
    func noETag() {
        var server = TransferServer(imageBytes: 50_000)
        server.etag = nil
        let run = TransferRun(server)
        run.run(stopAt: { $0.stored.count == 10 })
        #expect(run.engineView.progress.isSequential)
        run.engine.channelRenewed(now: run.now)
        run.run()
        #expect(run.changes == 1)
        #expect(run.engineView.isComplete && run.hasWholeImage)
    }

    @Test("no ETag: after a silence in which the server may have changed, the transfer begins anew")
    func noETagSilence() {
        var server = TransferServer(imageBytes: 50_000)
        server.etag = nil
        let run = TransferRun(server)
        run.blackout = .seconds(2) ..< .seconds(60)
        run.run()
        #expect(run.changes == 1)
        #expect(run.engineView.isComplete && run.hasWholeImage)
    }

    @Test("no Size2: in order, one at a time, to the block without M")
    func noSize() {
        var server = TransferServer(imageBytes: 50_000)
        server.sendsSize = false
        let run = TransferRun(server)
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        #expect(run.engineView.identity?.sizeBytes == 50_000)
        #expect(run.engineView.progress.isSequential)
    }

    @Test("no Size2 and no end: bounded by the memory there is")
    func noEnd() {
        var server = TransferServer(imageBytes: 1 << 30)
        server.sendsSize = false
        var configuration = TransferConfiguration()
        configuration.maximumBlocks = 64
        let run = TransferRun(server, configuration: configuration)
        run.run()
        #expect(run.failure == .tooLarge(sizeBytes: nil))
        #expect(run.sent.count < 100)
    }

    @Test("the ETag changes in mid-transfer: everything from the new representation")
    func changedETag() {
        let run = TransferRun(TransferServer(imageBytes: 50_000))
        run.run(stopAt: { $0.stored.count == 20 })
        run.server.etag = ETag(0x9999)
        run.server.imageBytes = 40_000
        run.run()
        #expect(run.changes == 1)
        #expect(run.engineView.isComplete && run.hasWholeImage)
        #expect(run.engineView.identity?.etag == ETag(0x9999))
    }

    @Test("an ETag that changes with every answer ends in a typed failure")
    func unstable() {
        var server = TransferServer(imageBytes: 50_000)
        server.spoil = { response, request in response.etag = ETag(request.token.value) }
        let run = TransferRun(server)
        run.run()
        #expect(run.engineView.failure == .unstable)
        #expect(run.sent.count < 500)
    }

    @Test("separate responses: two seconds late, and still no repeated storm")
    func slowServer() {
        let run = TransferRun(TransferServer(imageBytes: 50_000))
        run.down.delay = .seconds(2)
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        #expect(run.sent.count < 70)
    }

    @Test("an image of one block, with and without Block2", arguments: [true, false])
    func oneBlock(_ withOption: Bool) {
        var server = TransferServer(imageBytes: 700)
        if !withOption { server.spoil = { response, _ in response.block = nil } }
        let run = TransferRun(server)
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
    }
}
