import LinkEmulator
import Testing

/// Properties that change over time or differ per direction, and how jitter is distributed.
@Suite(.timeLimit(.minutes(15))) struct ScheduleTests {
    private func arrivals(_ link: inout Link, count: Int, every: Duration) -> [Duration] {
        (0..<count).compactMap { index in
            guard case .delivered(let delivery) = link.send(byteCount: 72, now: every * index) else { return nil }
            return delivery.time
        }
    }

    @Test func whatWaitsGoesOnAtTheNewRate() throws {
        let slow = LinkSchedule.Change(at: .milliseconds(150), profile: try LinkProfile(rateBitsPerSecond: 800))
        let fast = LinkSchedule.Change(at: .milliseconds(950), profile: try LinkProfile(rateBitsPerSecond: 8_000))
        // Given in the wrong order.
        let schedule = LinkSchedule(try LinkProfile(rateBitsPerSecond: 8_000), changes: [fast, slow])
        #expect(schedule.changes == [slow, fast])
        var link = Link(schedule: schedule, seed: 1)
        // 100 bytes with headers: 100 ms at 8 kbit/s, a second at 0.8.
        #expect(link.send(byteCount: 72, now: .zero) == .delivered(Delivery(time: .milliseconds(100))))
        // 50 ms of the second datagram's 100 at the first rate, 500 ms more at a tenth of it.
        #expect(link.send(byteCount: 72, now: .zero) == .delivered(Delivery(time: .milliseconds(650))))
        // 300 ms at a tenth are 30 ms of 100; the rest at the old rate.
        #expect(link.send(byteCount: 72, now: .zero) == .delivered(Delivery(time: .milliseconds(1020))))
        #expect(link.statistics.queueMaximumBytes == 300)
        #expect(link.statistics.busy == .milliseconds(1020))
    }

    @Test func theQueueIsMeasuredInBytesAcrossAChange() throws {
        let slow = LinkSchedule.Change(
            at: .milliseconds(100),
            profile: try LinkProfile(rateBitsPerSecond: 800, queueBytes: 300)
        )
        let schedule = LinkSchedule(try LinkProfile(rateBitsPerSecond: 8_000, queueBytes: 300), changes: [slow])
        var link = Link(schedule: schedule, seed: 1)
        for _ in 0..<3 { #expect(link.send(byteCount: 72, now: .zero) != .dropped(.queueFull)) }
        #expect(link.send(byteCount: 72, now: .zero) == .dropped(.queueFull))
        // One has left at 100 ms; two seconds' worth wait.
        #expect(link.send(byteCount: 72, now: .milliseconds(100)) != .dropped(.queueFull))
        #expect(link.send(byteCount: 72, now: .milliseconds(200)) == .dropped(.queueFull))
    }

    @Test func lossAndDelayHoldFromTheirTimeOn() throws {
        let lossy = LinkSchedule.Change(at: .seconds(1), profile: try LinkProfile(loss: 1))
        let late = LinkSchedule.Change(at: .seconds(2), profile: try LinkProfile(delay: .seconds(5)))
        var link = Link(schedule: LinkSchedule(try LinkProfile(), changes: [lossy, late]), seed: 1)
        #expect(link.send(byteCount: 1, now: .milliseconds(999)) == .delivered(Delivery(time: .milliseconds(999))))
        #expect(link.send(byteCount: 1, now: .seconds(1)) == .dropped(.lost))
        #expect(link.send(byteCount: 1, now: .seconds(2)) == .delivered(Delivery(time: .seconds(7))))
    }

    @Test func directionsDiffer() throws {
        var pair = LinkPair(
            upstream: LinkSchedule(try LinkProfile(delay: .seconds(1))),
            downstream: LinkSchedule(try LinkProfile(delay: .seconds(2))),
            seed: 1
        )
        #expect(pair.upstream.send(byteCount: 1, now: .zero) == .delivered(Delivery(time: .seconds(1))))
        #expect(pair.downstream.send(byteCount: 1, now: .zero) == .delivered(Delivery(time: .seconds(2))))
    }

    @Test func jitterInOrderNeverOvertakes() throws {
        for keepsOrder in [false, true] {
            let jitter = Jitter(amount: .milliseconds(80), keepsOrder: keepsOrder)
            var link = Link(profile: try LinkProfile(jitter: jitter), seed: 7)
            let times = arrivals(&link, count: 2000, every: .milliseconds(20))
            #expect((times == times.sorted()) == keepsOrder)
            #expect((link.statistics.overtaking == 0) == keepsOrder)
        }
    }

    @Test func paretoHasItsMeanAndItsTail() throws {
        // Shape 3: the mean of 100 000 draws is within a few per cent; the median is that of the distribution.
        let jitter = Jitter(amount: .milliseconds(30), distribution: .pareto(shape: 3))
        var link = Link(profile: try LinkProfile(jitter: jitter), seed: 11)
        let delays = (0..<100_000).compactMap { index -> Double? in
            let now = Duration.seconds(index)
            guard case .delivered(let delivery) = link.send(byteCount: 1, now: now) else { return nil }
            return (delivery.time - now) / .milliseconds(1)
        }.sorted()
        let mean = delays.reduce(0, +) / Double(delays.count)
        #expect(abs(mean - 30) < 1)
        // Least (a − 1)/a · mean = 20; median 20 · 2^(1/3) = 25.2; one in a thousand above 20 · 10 = 200.
        #expect(delays[0] >= 20 && abs(delays[50_000] - 25.2) < 0.5)
        #expect(delays[99_900] > 150 && delays[99_999] <= 3000)
    }

    @Test(arguments: [1, 0, -1, 101, .nan, .infinity]) func shapesWithoutAMeanAreRefused(shape: Double) {
        let jitter = Jitter(amount: .milliseconds(1), distribution: .pareto(shape: shape))
        #expect(throws: LinkProfileError.shapeOutOfRange) { try LinkProfile(jitter: jitter) }
    }
}
