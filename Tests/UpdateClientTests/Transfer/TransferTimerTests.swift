import CoAP
import Testing
import UpdateClient

/// When the engine wants to be called, and what a silence costs.
@Suite struct TransferTimerTests {
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
        #expect(wakeup == .milliseconds(300))
    }
}
