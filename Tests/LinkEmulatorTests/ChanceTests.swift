import LinkEmulator
import Testing

/// What is random: frequencies within bounds for fixed seeds, and fates that repeat.
@Suite(.timeLimit(.minutes(15))) struct ChanceTests {
    static let seeds: [UInt64] = [0, 1, 7, 0xFFFF_FFFF_FFFF_FFFF]

    /// Fates of datagrams of 100 bytes, 10 ms apart.
    private func fates(_ profile: LinkProfile, seed: UInt64, count: Int = 100_000) -> ([Fate], LinkStatistics) {
        var link = Link(profile: profile, seed: seed)
        let fates = (0..<count).map { link.send(byteCount: 100, now: .milliseconds(10 * $0)) }
        return (fates, link.statistics)
    }

    @Test(arguments: seeds, [0.01, 0.05, 0.1, 0.2, 0.5])
    func lossOfEachForItself(seed: UInt64, loss: Double) throws {
        let (fates, statistics) = fates(try LinkProfile(loss: loss), seed: seed)
        let share = Double(statistics.lost) / 100_000
        // Four standard deviations.
        #expect(abs(share - loss) < 4 * (loss * (1 - loss) / 100_000).squareRoot())
        #expect(statistics.lost == UInt64(fates.count { $0 == .dropped(.lost) }))
        #expect(statistics.delivered == 100_000 - statistics.lost)
        let meanRun = Double(statistics.lost) / Double(statistics.lossBursts)
        #expect(abs(meanRun - 1 / (1 - loss)) < 0.1)
    }

    @Test(arguments: seeds, [(0.01, 4.0), (0.1, 4), (0.1, 1), (0.2, 10), (0.5, 2)])
    func burstsKeepTheAverage(seed: UInt64, parameters: (loss: Double, burst: Double)) throws {
        let (loss, burst) = parameters
        let profile = try LinkProfile(loss: loss, meanBurstLength: burst)
        let (_, statistics) = fates(profile, seed: seed, count: 400_000)
        let share = Double(statistics.lost) / 400_000
        #expect(abs(share - loss) < 0.06 * loss + 0.001)
        let mean = Double(statistics.lost) / Double(statistics.lossBursts)
        #expect(abs(mean - burst) < 0.08 * burst)
    }

    @Test func certainAndImpossible() throws {
        let (all, _) = fates(try LinkProfile(loss: 1, meanBurstLength: 3), seed: 5, count: 1000)
        #expect(all.allSatisfy { $0 == .dropped(.lost) })
        let (none, statistics) = fates(try LinkProfile(loss: 0, meanBurstLength: 3), seed: 5, count: 1000)
        #expect(none.allSatisfy { if case .delivered = $0 { true } else { false } })
        #expect(statistics.lost == 0)
    }

    @Test(arguments: seeds)
    func duplicatesReorderedAndCorrupted(seed: UInt64) throws {
        let profile = try LinkProfile(preset: .lte, duplicate: 0.1, reorder: 0.05, corrupt: 0.2)
        let (fates, statistics) = fates(profile, seed: seed)
        #expect(abs(Double(statistics.duplicated) - 10_000) < 400)
        #expect(abs(Double(statistics.reordered) - 5_000) < 300)
        #expect(abs(Double(statistics.corrupted) - 20_000) < 520)
        #expect(statistics.delivered == 100_000 + statistics.duplicated)
        #expect(statistics.deliveredBytes == 100 * statistics.delivered)
        var indices: Set<Int> = []
        var masks: Set<UInt8> = []
        for case .delivered(let delivery) in fates {
            guard let corruption = delivery.corruption else { continue }
            indices.insert(corruption.byteIndex)
            masks.insert(corruption.mask)
        }
        #expect(indices == Set(0..<100))
        #expect(masks == Set(1...255))
    }

    @Test func aDuplicateTakesLinkTime() throws {
        var link = Link(profile: try LinkProfile(rateBitsPerSecond: 8_000, duplicate: 1), seed: 1)
        #expect(
            link.send(byteCount: 72, now: .zero)
                == .duplicated(Delivery(time: .milliseconds(100)), Delivery(time: .milliseconds(200)))
        )
        #expect(link.idleFrom == .milliseconds(200))
    }

    @Test func anEmptyDatagramIsNotCorrupted() throws {
        var link = Link(profile: try LinkProfile(corrupt: 1), seed: 1)
        #expect(link.send(byteCount: 0, now: .zero) == .delivered(Delivery(time: .zero)))
        #expect(link.statistics.corrupted == 0)
    }

    @Test func corruptionChangesOneByteAndStaysInBounds() {
        var bytes: [UInt8] = [1, 2, 3]
        Corruption(byteIndex: 2, mask: 0xFF).apply(to: &bytes)
        #expect(bytes == [1, 2, 0xFC])
        Corruption(byteIndex: 3, mask: 1).apply(to: &bytes)
        Corruption(byteIndex: -1, mask: 1).apply(to: &bytes)
        #expect(bytes == [1, 2, 0xFC])
    }

    @Test(arguments: LinkPreset.allCases)
    func orderIsKeptWithoutJitter(preset: LinkPreset) throws {
        let profile = try LinkProfile(preset: preset, loss: 0.1, duplicate: 0.1, corrupt: 0.1)
        var link = Link(profile: profile, seed: 3)
        var last: Duration = .zero
        for index in 0..<20_000 {
            switch link.send(byteCount: index % 1200, now: .milliseconds(index)) {
            case .dropped: continue
            case .delivered(let delivery):
                #expect(delivery.time > last)
                last = delivery.time
            case .duplicated(let first, let second):
                #expect(first.time > last && second.time > first.time)
                last = second.time
            }
        }
        #expect(link.statistics.overtaking == 0)
    }

    @Test func aHeldBackDatagramIsPassed() throws {
        // Back to back on a link that reorders a tenth: whoever is held back is passed by the two behind.
        let profile = try LinkProfile(preset: .mesh, reorder: 0.1, queueBytes: LinkProfile.maximumQueueBytes)
        var link = Link(profile: profile, seed: 11)
        for _ in 0..<10_000 { _ = link.send(byteCount: 500, now: .zero) }
        #expect(link.statistics.overtaking > link.statistics.reordered)
    }

    @Test func jitterIsUniformAndWithinItsBound() throws {
        let profile = try LinkProfile(delay: .milliseconds(5), jitter: Jitter(amount: .milliseconds(20)))
        var link = Link(profile: profile, seed: 11)
        var sum: Duration = .zero
        for index in 0..<100_000 {
            let now: Duration = .milliseconds(index)
            guard case .delivered(let delivery) = link.send(byteCount: 500, now: now) else { continue }
            let taken = delivery.time - now
            #expect(taken >= .milliseconds(5) && taken <= .milliseconds(25))
            sum += taken
        }
        let mean = sum / 100_000
        #expect(mean > .microseconds(14_900) && mean < .microseconds(15_100))
        #expect(link.statistics.overtaking > 10_000)
    }

    @Test(arguments: seeds)
    func theSameSeedHasTheSameFates(seed: UInt64) throws {
        let profile = try LinkProfile(
            preset: .mesh,
            jitter: Jitter(amount: .milliseconds(30)),
            loss: 0.1,
            meanBurstLength: 3,
            duplicate: 0.05,
            reorder: 0.05,
            corrupt: 0.05
        )
        #expect(fates(profile, seed: seed, count: 20_000) == fates(profile, seed: seed, count: 20_000))
        #expect(fates(profile, seed: seed, count: 200).0 != fates(profile, seed: seed &+ 1, count: 200).0)
    }

    @Test func onePropertyDoesNotShiftAnother() throws {
        func lost(_ profile: LinkProfile) -> [Bool] {
            fates(profile, seed: 9, count: 20_000).0.map { $0 == .dropped(.lost) }
        }
        func corruptions(_ profile: LinkProfile) -> [Corruption?] {
            fates(profile, seed: 9, count: 20_000).0.map {
                switch $0 {
                case .dropped: nil
                case .delivered(let delivery), .duplicated(let delivery, _): delivery.corruption
                }
            }
        }
        let bare = try LinkProfile(loss: 0.1)
        let full = try LinkProfile(
            preset: .lte,
            jitter: Jitter(amount: .milliseconds(3)),
            loss: 0.1,
            duplicate: 0.3,
            reorder: 0.3,
            corrupt: 0.3
        )
        #expect(lost(bare) == lost(full))
        let corrupting = try LinkProfile(corrupt: 0.3)
        let corruptingMore = try LinkProfile(
            jitter: Jitter(amount: .seconds(1)),
            duplicate: 0.3,
            reorder: 0.3,
            corrupt: 0.3
        )
        #expect(corruptions(corrupting) == corruptions(corruptingMore))
    }

    @Test func aDroppedDatagramDoesNotShiftTheFatesOfOthers() throws {
        // Every tenth datagram is too large for the second link; the others fare alike.
        var free = Link(profile: try LinkProfile(loss: 0.2), seed: 4)
        var narrow = Link(profile: try LinkProfile(loss: 0.2, mtuBytes: 1000), seed: 4)
        for index in 0..<10_000 {
            let byteCount = index % 10 == 0 ? 1400 : 100
            let first = free.send(byteCount: byteCount, now: .milliseconds(index))
            let second = narrow.send(byteCount: byteCount, now: .milliseconds(index))
            #expect(index % 10 == 0 ? second == .dropped(.tooLarge) : first == second)
        }
    }

    @Test func theDirectionsOfAPairAreIndependent() throws {
        var pair = LinkPair(profile: try LinkProfile(loss: 0.5), seed: 1)
        var agree = 0
        for index in 0..<10_000 {
            let up = pair.upstream.send(byteCount: 1, now: .seconds(index)) == .dropped(.lost)
            let down = pair.downstream.send(byteCount: 1, now: .seconds(index)) == .dropped(.lost)
            agree += up == down ? 1 : 0
        }
        #expect(abs(agree - 5000) < 200)
    }
}
