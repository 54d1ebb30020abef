import CoAP
import Testing
import UpdateClient

/// When the engine wants to be called, and what a silence costs.
@Suite(.timeLimit(.minutes(15))) struct TransferTimerTests {
    /// A server that puts the client off for `seconds` once, in mid-transfer.
    private func runPutOff(for seconds: Int, code: Code, loss: Double = 0, seed: UInt64 = 1) -> TransferRun {
        let run = TransferRun(TransferServer(imageBytes: 128 << 10), seed: seed)
        run.up.loss = loss
        run.down.loss = loss
        var refusedFrom: Duration?
        run.onDelivery = { response, now in
            guard run.stored.count > 20, refusedFrom.map({ now < $0 + .seconds(seconds) }) ?? true else {
                return [response]
            }
            if refusedFrom == nil { refusedFrom = now }
            return [BlockResponse(token: response.token, code: code, maxAge: .seconds(seconds))]
        }
        run.run()
        return run
    }

    @Test(
        "after a refusal the next wake-up lies ahead, whatever else is lost",
        arguments: [Code.serviceUnavailable, .tooManyRequests, .badGateway],
        [0, 0.2]
    )
    func wakeupAfterRefusal(_ code: Code, loss: Double) {
        for seed in UInt64(1)...8 {
            let run = runPutOff(for: 3, code: code, loss: loss, seed: seed)
            #expect(run.engineView.isComplete, "seed \(seed): \(String(describing: run.failure))")
            #expect(run.wakeupsInThePast.isEmpty, "seed \(seed)")
        }
    }

    @Test("wake-ups lie ahead also with loss, jitter and blackouts", arguments: UInt64(1)...16)
    func wakeupsLieAhead(_ seed: UInt64) {
        let run = TransferRun(TransferServer(imageBytes: 128 << 10), seed: seed)
        run.up.loss = Double(seed % 4) / 10
        run.down.loss = run.up.loss
        run.down.jitter = .milliseconds(Int(seed) * 5)
        run.blackout = .seconds(2)..<(.seconds(2) + .seconds(Int(seed)))
        run.run()
        #expect(run.engineView.isComplete, "seed \(seed): \(String(describing: run.failure))")
        #expect(run.wakeupsInThePast.isEmpty, "seed \(seed)")
    }

    @Test("a caller that comes late is not asked to come back at once")
    func lateCaller() {
        var engine = BlockTransfer(configuration: TransferConfiguration(), randomSeed: 3)
        engine.start(now: .zero)
        var now = Duration.zero
        for _ in 0..<40 {
            while engine.nextRequest(now: now) != nil {}
            guard let wakeup = engine.nextWakeup else { break }
            #expect(wakeup > now)
            now = wakeup + .seconds(7)
            _ = engine.timerFired(now: now)
        }
    }

    @Test("cold, the first requests are lost: the next ones go out within a second, then ever more slowly")
    func coldStart() {
        var engine = BlockTransfer(configuration: TransferConfiguration(), randomSeed: 5)
        engine.start(now: .zero)
        var times: [Duration] = []
        while times.last ?? .zero < .seconds(60), let at = engine.nextWakeup {
            _ = engine.timerFired(now: at)
            while engine.nextRequest(now: at) != nil { times.append(at) }
        }
        #expect(times.prefix(4) == [.zero, .milliseconds(100), .milliseconds(300), .milliseconds(700)])
        // An initial window of ten at most (RFC 6928) before a second has passed, and few afterwards.
        #expect(times.filter { $0 < .seconds(1) }.count <= 10)
        #expect(times.filter { $0 >= .seconds(10) }.count <= 20)
    }

    @Test("a known round trip sets the first probe")
    func warmStart() {
        var configuration = TransferConfiguration()
        configuration.expectedRoundTrip = .milliseconds(200)
        var engine = BlockTransfer(configuration: configuration, randomSeed: 5)
        engine.start(now: .zero)
        while engine.nextRequest(now: .zero) != nil {}
        let wakeup = engine.nextWakeup
        #expect(wakeup == .milliseconds(350))
    }

    /// An engine in mid-transfer, with these requests in flight.
    private struct Flight: ~Copyable {
        var engine: BlockTransfer
        var inFlight: [BlockRequest] = []
        var now = Duration.zero
        let etag = ETag(0x77)

        init(blocks: UInt32) {
            var configuration = TransferConfiguration()
            configuration.expectedRoundTrip = .milliseconds(100)
            engine = BlockTransfer(configuration: configuration, randomSeed: 9)
            engine.start(now: .zero)
            let first = engine.nextRequest(now: .zero)
            now = .milliseconds(100)
            _ = engine.receive(answer(first, of: blocks), now: now)
            engine.proceed(now: now)
            fill()
        }

        func answer(_ request: BlockRequest?, of blocks: UInt32) -> BlockResponse {
            var answer = BlockResponse(token: request?.token ?? .empty, code: .content)
            let number = request?.blockNumber ?? 0
            answer.block = try? BlockOption(number: number, more: number + 1 < blocks, szx: 6)
            answer.etag = etag
            answer.sizeBytes = number == 0 ? blocks * 1024 : nil
            answer.payloadByteCount = 1024
            return answer
        }

        mutating func fill() {
            while let request = engine.nextRequest(now: now) { inFlight.append(request) }
        }
    }

    /// Requests and answers overtake each other on many paths: RFC 9002 § 6.1.1 has three, and so has RFC 5681.
    @Test("three later answers say that a request is lost, and two do not")
    func reordering() throws {
        var flight = Flight(blocks: 200)
        try #require(flight.inFlight.count >= 4)
        let missing = flight.inFlight[0].blockNumber
        for (index, request) in flight.inFlight.dropFirst().prefix(3).enumerated() {
            // All at the time at which they are due: no timer says anything.
            flight.now = .milliseconds(201)
            _ = flight.engine.receive(flight.answer(request, of: 200), now: flight.now)
            var asked: [UInt32] = []
            // What pacing holds back goes out in the next moments.
            while let request = flight.engine.nextRequest(now: flight.now) { asked.append(request.blockNumber) }
            #expect(asked.contains(missing) == (index == 2), "after \(index + 1): \(asked)")
        }
    }

    /// RFC 9002 § 7.6: what was in flight before a long silence says nothing of what the path carries after it.
    @Test("after a long silence the window is a small one")
    func windowAfterSilence() throws {
        let run = TransferRun(TransferServer(imageBytes: 1024 << 10))
        run.down.bitsPerSecond = 2_000_000
        run.run(stopAt: { $0.stored.count == 300 })
        let before = run.engineView.progress.window
        try #require(before > 12)
        run.blackout = run.now..<run.now + .seconds(30)
        run.run(until: run.now + .seconds(29))
        #expect(run.engineView.progress.window <= 4, "\(run.engineView.progress.window), before \(before)")
    }
}
