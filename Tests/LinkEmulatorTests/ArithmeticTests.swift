import LinkEmulator
import Testing

/// Rate, delay, queue and MTU, without anything random.
@Suite(.timeLimit(.minutes(15))) struct ArithmeticTests {
    @Test(
        "n bytes take (n + 28) · 8 / rate, then the delay",
        arguments: [
            // 1 KiB block answer, and the 84-byte request, on every preset.
            (LinkPreset.sat, 1024, 420_800 + 125_000),
            (.sat, 84, 44_800 + 125_000),
            (.nbIoT, 1024, 140_267 + 750_000),
            (.nbIoT, 0, 3_734 + 750_000),
            (.mesh, 1024, 33_664 + 50_000),
            (.mesh, 84, 3_584 + 50_000),
            (.lte, 1024, 842 + 20_000),
            (.lte, 1472, 1_200 + 20_000),
        ]
    )
    func arrival(preset: LinkPreset, byteCount: Int, microseconds: Int) throws {
        var link = Link(profile: try LinkProfile(preset: preset), seed: 1)
        let start: Duration = .seconds(1000)
        let fate = link.send(byteCount: byteCount, now: start)
        guard case .delivered(let delivery) = fate else {
            Issue.record("\(fate)")
            return
        }
        let error = delivery.time - start - .microseconds(microseconds)
        #expect(error <= .zero && error > .microseconds(-1))
        #expect(delivery.corruption == nil)
    }

    @Test func ratesThatDoNotDivideStayExactOverManyDatagrams() throws {
        // 60 kbit/s: a datagram of 1 byte takes 3 866 666.6… ns; 300 000 of them exactly 1160 s.
        let profile = try LinkProfile(rateBitsPerSecond: 60_000, queueBytes: LinkProfile.maximumQueueBytes)
        var link = Link(profile: profile, seed: 1)
        var last: Duration = .zero
        for _ in 0..<300_000 {
            guard case .delivered(let delivery) = link.send(byteCount: 1, now: .zero) else { continue }
            #expect(delivery.time > last)
            last = delivery.time
        }
        #expect(last == .seconds(1160))
        #expect(link.idleFrom == .seconds(1160))
        #expect(link.statistics.queueMaximumBytes == 300_000 * 29)
    }

    @Test func datagramsWaitForEachOtherAndNotForThoseGone() throws {
        var link = Link(profile: try LinkProfile(rateBitsPerSecond: 8_000, delay: .milliseconds(5)), seed: 1)
        // 100 bytes with headers: 100 ms.
        #expect(link.send(byteCount: 72, now: .zero) == .delivered(Delivery(time: .milliseconds(105))))
        #expect(link.send(byteCount: 72, now: .milliseconds(40)) == .delivered(Delivery(time: .milliseconds(205))))
        #expect(link.send(byteCount: 72, now: .milliseconds(200)) == .delivered(Delivery(time: .milliseconds(305))))
        #expect(link.send(byteCount: 72, now: .seconds(9)) == .delivered(Delivery(time: .milliseconds(9105))))
    }

    @Test func withoutARateOnlyTheDelayCounts() throws {
        var link = Link(profile: try LinkProfile(delay: .milliseconds(7)), seed: 1)
        for _ in 0..<100 {
            #expect(link.send(byteCount: 65_000, now: .seconds(3)) == .delivered(Delivery(time: .milliseconds(3007))))
        }
        #expect(link.statistics.queueMaximumBytes == 0)
    }

    @Test func aLostDatagramTakesItsTimeToo() throws {
        var link = Link(profile: try LinkProfile(rateBitsPerSecond: 8_000, loss: 1), seed: 1)
        #expect(link.send(byteCount: 72, now: .zero) == .dropped(.lost))
        #expect(link.idleFrom == .milliseconds(100))
        #expect(link.statistics.busy == .milliseconds(100))
    }

    @Test func aFullQueueDropsTheNewestAndTakesAgainAsItEmpties() throws {
        var link = Link(profile: try LinkProfile(rateBitsPerSecond: 8_000, queueBytes: 400), seed: 1)
        let fates = (0..<6).map { _ in link.send(byteCount: 72, now: .zero) }
        #expect(fates[3] == .delivered(Delivery(time: .milliseconds(400))))
        #expect(fates[4] == .dropped(.queueFull))
        #expect(fates[5] == .dropped(.queueFull))
        // Less than one datagram's time later there is not yet room; then there is for exactly one.
        #expect(link.send(byteCount: 72, now: .milliseconds(99)) == .dropped(.queueFull))
        #expect(link.send(byteCount: 72, now: .milliseconds(100)) == .delivered(Delivery(time: .milliseconds(500))))
        #expect(link.send(byteCount: 72, now: .milliseconds(100)) == .dropped(.queueFull))
        // A smaller one fits where a larger does not.
        #expect(link.send(byteCount: 22, now: .milliseconds(150)) == .delivered(Delivery(time: .milliseconds(550))))
        let statistics = link.statistics
        #expect(statistics.queueDropped == 4)
        #expect(statistics.delivered == 6)
        #expect(statistics.queueMaximumBytes == 400)
    }

    @Test func anIdleLinkTakesWhatItsQueueCouldNotHold() throws {
        var link = Link(profile: try LinkProfile(rateBitsPerSecond: 8_000, queueBytes: 1), seed: 1)
        #expect(link.send(byteCount: 72, now: .zero) == .delivered(Delivery(time: .milliseconds(100))))
        #expect(link.send(byteCount: 0, now: .milliseconds(99)) == .dropped(.queueFull))
        #expect(link.send(byteCount: 72, now: .milliseconds(100)) == .delivered(Delivery(time: .milliseconds(200))))
    }

    @Test func theMTUCountsHeaders() throws {
        var link = Link(profile: try LinkProfile(rateBitsPerSecond: 8_000, mtuBytes: 1280), seed: 1)
        #expect(link.send(byteCount: 1253, now: .zero) == .dropped(.tooLarge))
        #expect(link.idleFrom == .zero)
        #expect(link.send(byteCount: 1252, now: .zero) == .delivered(Delivery(time: .milliseconds(1280))))
        #expect(link.send(byteCount: .max, now: .zero) == .dropped(.tooLarge))
        #expect(link.statistics.tooLarge == 2)
    }

    @Test func hostileTimesAndSizesDoNoHarm() throws {
        var link = Link(
            profile: try LinkProfile(rateBitsPerSecond: 1, queueBytes: LinkProfile.maximumQueueBytes),
            seed: 1
        )
        for now in [Duration.zero, .seconds(Int64.min), .seconds(Int64.max), .seconds(-1), .seconds(5)] {
            for byteCount in [0, 65_507, Int.max, Int.min, -1] {
                _ = link.send(byteCount: byteCount, now: now)
            }
        }
        for _ in 0..<10_000 { _ = link.send(byteCount: 65_507, now: .seconds(Int64.max)) }
        #expect(link.statistics.datagrams == 10_025)
        #expect(link.statistics.queueMaximumBytes <= LinkProfile.maximumQueueBytes)
    }

    @Test func anEarlierTimeCountsAsTheLatestSeen() throws {
        var link = Link(profile: try LinkProfile(delay: .milliseconds(1)), seed: 1)
        _ = link.send(byteCount: 1, now: .seconds(10))
        #expect(link.send(byteCount: 1, now: .seconds(2)) == .delivered(Delivery(time: .milliseconds(10_001))))
    }

    @Test func nothingArrivesBeforeItWasSent() throws {
        var link = Link(profile: try LinkProfile(), seed: 1)
        let now = Duration(secondsComponent: 1, attosecondsComponent: 1)
        guard case .delivered(let delivery) = link.send(byteCount: 1, now: now) else {
            Issue.record("not delivered")
            return
        }
        #expect(delivery.time >= now && delivery.time < now + .microseconds(1))
    }
}
