import CoAP
import Testing
import UpdateClient

@Suite("Transfer: recovery", .timeLimit(.minutes(15)))
struct TransferRecoveryTests {
    @Test("a blackout of a minute: told after three probes, backed off, and nothing received is lost")
    func blackout() throws {
        let run = TransferRun(TransferServer(imageBytes: 256 << 10))
        run.blackout = .seconds(3) ..< .seconds(63)
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        let told = try #require(run.unresponsive.first)
        #expect(told < .seconds(3) + .seconds(5))
        let probes = run.sent.filter { $0.at > told && $0.at < .seconds(63) }
        #expect(probes.count < 120)
        #expect(run.now < .seconds(63) + .seconds(45))
    }

    @Test("a server gone for good: probes ever further apart, then a typed failure")
    func serverGone() throws {
        let run = TransferRun(TransferServer(imageBytes: 256 << 10))
        run.blackout = .seconds(3) ..< .seconds(1_000_000)
        run.run()
        #expect(run.failure == .noAnswer)
        let last = try #require(run.sent.last)
        #expect(last.at > .seconds(600))
        #expect(run.unresponsive.count >= 5)
    }

    @Test("probes of two devices do not keep step")
    func jitter() {
        let times = [UInt64(1), 2].map { seed in
            let run = TransferRun(TransferServer(imageBytes: 256 << 10), seed: seed)
            run.blackout = .zero ..< .seconds(300)
            run.run(until: .seconds(300))
            return run.sent.last?.at
        }
        #expect(times[0] != times[1])
    }

    @Test("a new channel: what was in flight is asked for again, what was received is not")
    func channelRenewed() {
        let run = TransferRun(TransferServer(imageBytes: 100 << 10))
        run.run(stopAt: { $0.stored.count == 40 })
        run.engine.channelRenewed(now: run.now)
        #expect(run.engineView.progress.blocksReceived == 40)
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        #expect(run.sent.count < 100 + 30)
    }

    @Test("a journal's blocks are not asked for; block 0 neither, after 2.03")
    func resume() {
        var engine = BlockTransfer(configuration: TransferConfiguration(), randomSeed: 1)
        engine.start(now: .zero)
        let first = engine.nextRequest(now: .zero)
        #expect(first?.blockNumber == 0)
        let etag = ETag(0xABCD)
        var answer = BlockResponse(token: first?.token ?? .empty, code: .valid)
        answer.etag = etag
        #expect(engine.receive(answer, now: .milliseconds(50)) == .notModified(etag))
        engine.adopt(identity: TransferIdentity(etag: etag, sizeBytes: 10 << 10, szx: 6), now: .milliseconds(50))
        for block in [UInt32(0), 1, 2, 5, 99] { engine.markReceived(blockNumber: block) }
        let received = engine.progress.blocksReceived
        #expect(received == 4)
        engine.proceed(now: .milliseconds(60))
        var asked: [UInt32] = []
        var now = Duration.milliseconds(60)
        while asked.count < 6, now < .seconds(10) {
            while let request = engine.nextRequest(now: now) {
                asked.append(request.blockNumber)
                var answer = BlockResponse(token: request.token, code: .content)
                answer.block = try? BlockOption(number: request.blockNumber, more: request.blockNumber < 9, szx: 6)
                answer.etag = etag
                answer.payloadByteCount = 1024
                _ = engine.receive(answer, now: now + .milliseconds(1))
            }
            now += .milliseconds(10)
        }
        #expect(asked == [3, 4, 6, 7, 8, 9])
        let isComplete = engine.isComplete
        #expect(isComplete)
    }

    @Test("blocks of another representation are not adopted without an ETag")
    func noAdoptionWithoutETag() {
        var engine = BlockTransfer(configuration: TransferConfiguration(), randomSeed: 1)
        engine.start(now: .zero)
        engine.adopt(identity: TransferIdentity(etag: nil, sizeBytes: 10 << 10, szx: 6), now: .zero)
        engine.markReceived(blockNumber: 1)
        let identity = engine.identity
        let received = engine.progress.blocksReceived
        #expect(identity == nil)
        #expect(received == 0)
        #expect(engine.nextRequest(now: .zero)?.blockNumber == 0)
    }

    @Test("nothing is sent between block 0 and proceed")
    func holds() {
        var engine = BlockTransfer(configuration: TransferConfiguration(), randomSeed: 1)
        engine.start(now: .zero)
        let first = engine.nextRequest(now: .zero)
        var answer = BlockResponse(token: first?.token ?? .empty, code: .content)
        answer.block = try? BlockOption(number: 0, more: true, szx: 6)
        answer.etag = ETag(1)
        answer.sizeBytes = 5000
        answer.payloadByteCount = 1024
        #expect(engine.receive(answer, now: .seconds(1)) == .store(byteOffset: 0, blockNumber: 0))
        #expect(engine.nextRequest(now: .seconds(100)) == nil)
        let wakeup = engine.nextWakeup
        #expect(wakeup == nil)
        engine.proceed(now: .seconds(100))
        #expect(engine.nextRequest(now: .seconds(100)) != nil)
    }

    @Test("5.03 with Max-Age is honoured, and counts once for all that was in flight", arguments: [1, 7, 600])
    func maxAge(_ seconds: Int) throws {
        var refusals = 0
        var refusedFrom: Duration?
        let run = TransferRun(TransferServer(imageBytes: 256 << 10))
        run.onDelivery = { response, now in
            guard run.stored.count > 30, refusedFrom.map({ now < $0 + .seconds(seconds) }) ?? true else {
                return [response]
            }
            if refusedFrom == nil { refusedFrom = now }
            refusals += 1
            return [BlockResponse(token: response.token, code: .serviceUnavailable, maxAge: .seconds(seconds))]
        }
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage, "\(String(describing: run.failure))")
        let from = try #require(refusedFrom) + .milliseconds(200)
        #expect(run.sent.allSatisfy { $0.at < from || $0.at >= from + .seconds(seconds) - .milliseconds(400) })
        #expect(refusals < 30)
    }

    @Test(
        "a server that is unavailable for ever ends in a typed failure",
        arguments: [Code.serviceUnavailable, .badGateway]
    )
    func unavailable(_ code: Code) {
        var server = TransferServer(imageBytes: 50_000)
        server.spoil = { response, _ in
            response.code = code
            response.payloadByteCount = 0
        }
        let run = TransferRun(server)
        run.run()
        #expect(run.failure == .serverError(code))
        #expect(run.sent.count < 100)
    }

    @Test("a Max-Age of 136 years is shortened")
    func endlessMaxAge() {
        var server = TransferServer(imageBytes: 50_000)
        server.spoil = { response, request in
            if request.blockNumber == 3 { response.code = .serviceUnavailable }
            response.maxAge = .seconds(UInt32.max)
        }
        var configuration = TransferConfiguration()
        configuration.maximumRetryDelay = .seconds(10)
        let run = TransferRun(server, configuration: configuration)
        run.run(until: .seconds(30))
        // Asked again after ten seconds at most, and after five at least, as the delay is jittered.
        let refused = run.sent.filter { $0.request.blockNumber == 3 }.map(\.at)
        #expect(refused.count >= 3, "\(refused)")
        for (earlier, later) in zip(refused, refused.dropFirst()) {
            #expect(later - earlier > .seconds(2) && later - earlier < .seconds(15), "\(refused)")
        }
    }

    @Test("a rate cut to a tenth: the window follows, the transfer goes on")
    func rateCut() {
        let run = TransferRun(TransferServer(imageBytes: 256 << 10))
        run.up.delay = .milliseconds(250)
        run.down.delay = .milliseconds(250)
        run.run(stopAt: { $0.stored.count == 100 })
        let before = run.engine.progress.window
        run.down.bitsPerSecond /= 10
        run.run(stopAt: { $0.stored.count == 140 })
        // The path holds a tenth of the blocks now.
        let after = run.engineView.progress.window
        #expect(after <= before / 2, "\(before), then \(after)")
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
    }

    @Test("values out of range are moved into it")
    func configuration() {
        var configuration = TransferConfiguration()
        configuration.maximumBlocks = 0
        configuration.maximumInFlight = -5
        configuration.preferredSZX = 7
        configuration.expectedRoundTrip = .seconds(-1)
        let run = TransferRun(TransferServer(imageBytes: 500), configuration: configuration)
        run.run()
        #expect(run.engineView.isComplete)
    }
}

extension TransferRecoveryTests {
    @Test("random loss on a link that became very slow is not taken for a crowd")
    func rateCutWithLoss() {
        var configuration = TransferConfiguration()
        configuration.expectedRoundTrip = .milliseconds(250)
        var (used, limit) = (0.0, 0.0)
        for seed in 1...5 as ClosedRange<UInt64> {
            let run = TransferRun(TransferServer(imageBytes: 256 << 10), configuration: configuration, seed: seed)
            for path in [\TransferRun.up, \TransferRun.down] {
                run[keyPath: path].bitsPerSecond = 20_000
                run[keyPath: path].delay = .milliseconds(125)
                run[keyPath: path].loss = path == \TransferRun.down ? 0.2 : 0
            }
            run.run(stopAt: { $0.stored.count == 100 })
            run.down.bitsPerSecond /= 10
            let from = run.now
            run.run()
            #expect(run.engineView.isComplete && run.hasWholeImage, "seed \(seed)")
            used += (run.now - from).transferSeconds
            limit += Double(156 * 1104 * 8) / 2000 / 0.8
        }
        #expect(limit / used > 0.7, "used \(limit / used) of the link")
    }

    @Test("a path that becomes ten times longer is filled again")
    func longerPath() {
        let run = TransferRun(TransferServer(imageBytes: 2048 << 10))
        run.run(stopAt: { $0.stored.count == 200 })
        run.up.delay = .milliseconds(500)
        run.down.delay = .milliseconds(500)
        run.run(stopAt: { $0.stored.count == 1200 })
        let from = run.now
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        let limit = Double((2048 - 1200) * 1104 * 8) / 250_000
        let share = limit / (run.now - from).transferSeconds
        #expect(share > 0.6, "used \(share) of the link")
    }
}
